"""winnow.py against a worker played by the test: both ends of one socket."""

import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "src", "sdk"))
import winnow  # noqa: E402


class Managed(unittest.TestCase):
    def begin(self, **greeting):
        greeting.setdefault("parameters", {})
        greeting.setdefault("milestone", 3)
        self.worker, mine = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        os.environ["WINNOW_FD"] = str(mine.detach())
        self.say(greeting)
        self.t = winnow.begin()
        self.assertEqual(self.hear(), {"hello": 1, "client": "python"})
        self.addCleanup(self.worker.close)
        self.addCleanup(self.t.end)
        return self.t

    def say(self, message):
        self.worker.send(json.dumps(message).encode())

    def hear(self):
        return json.loads(self.worker.recv(65536).decode())

    def answer_next(self, *messages):
        heard = []

        def work():
            heard.append(self.hear())
            for message in messages:
                self.say(message)

        thread = threading.Thread(target=work)
        thread.start()
        self.addCleanup(thread.join)
        return heard

    def test_reads_the_configuration(self):
        t = self.begin(parameters={"lr": 0.5, "layers": [1, 2]}, trial="17", max=27)
        self.assertTrue(t.is_managed)
        self.assertEqual((t.id, t.params, t.milestone), ("17", {"lr": 0.5, "layers": [1, 2]}, 3))
        self.assertEqual((t.get("lr"), t.get("absent", 7), t.max_resource(5)), (0.5, 7, 27))
        self.assertEqual((t.restore, t.restore_resource), (None, 0))
        self.assertNotIn("WINNOW_FD", os.environ)

    def test_does_not_wait_below_the_milestone(self):
        t = self.begin()
        self.assertIs(t.report(1, loss=0.25), winnow.CONTINUE)
        self.assertEqual(
            self.hear(),
            {"report": {"resource": 1, "metrics": {"loss": 0.25}, "waits": False}})

    def test_takes_the_answer_at_the_milestone(self):
        t = self.begin()
        heard = self.answer_next({"recall": True}, {"answer": "continue", "milestone": 9})
        self.assertTrue(t.report(3, loss=1))
        self.assertTrue(heard[0]["report"]["waits"])
        self.assertEqual(t.milestone, 9)
        self.answer_next({"answer": "pause"})
        self.assertIs(t.report(9, loss=1), winnow.PAUSE)
        self.assertFalse(t.report(10, loss=1))  # it stays so, without a message

    def test_waits_after_a_recall(self):
        t = self.begin()
        self.say({"recall": True})
        self.answer_next({"answer": "stop"})
        self.assertIs(t.report(1, loss=1), winnow.STOP)

    def test_keeps_reports_a_full_socket_does_not_take(self):
        t = self.begin(milestone=None)
        for i in range(1, 3001):
            self.assertIs(t.report(i, loss=1), winnow.CONTINUE)
        self.assertTrue(t._queue)
        thread = threading.Thread(target=t.end)
        thread.start()
        seen = [self.hear()["report"]["resource"] for _ in range(3000)]
        thread.join()
        self.assertEqual(seen, list(range(1, 3001)))

    def test_hands_a_checkpoint_over_with_its_report(self):
        temp = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, temp)
        t = self.begin(milestone=9, checkpoint_temp=temp, checkpoint_every=4, restore="/r",
                       restore_resource=2)
        self.assertEqual((t.restore, t.restore_resource), ("/r", 2))
        self.assertFalse(t.checkpoint_due(3))
        self.assertTrue(t.checkpoint_due(5))  # 4 was missed
        with self.assertRaises(ValueError):
            with t.checkpoint() as folder:
                raise ValueError
        self.assertFalse(os.path.exists(folder))
        t.report(3, loss=1)
        self.assertNotIn("checkpoint", self.hear()["report"])
        with t.checkpoint() as folder:
            open(os.path.join(folder, "file"), "w").close()
        t.report(5, loss=1)
        self.assertEqual(self.hear()["report"]["checkpoint"], os.path.basename(folder))
        self.assertTrue(os.path.exists(folder))
        self.assertFalse(t.checkpoint_due(6))

    def test_stops_when_the_worker_is_gone(self):
        t = self.begin()
        self.worker.close()
        self.assertIs(t.report(1, loss=1), winnow.STOP)
        self.assertIs(t.report(3, loss=1), winnow.STOP)

    def test_sends_enough_of_a_long_report_to_be_told_so(self):
        t = self.begin(milestone=None)
        t.report(1, **{"m%d" % i: 1 / 3 for i in range(40000)})
        self.assertEqual(len(self.worker.recv(1 << 20)), 65537)
        self.assertIs(t.report(2, loss=1), winnow.CONTINUE)

    def test_passes_not_a_number_on(self):
        t = self.begin()
        t.report(1, loss=float("nan"))
        self.assertNotEqual(*[self.hear()["report"]["metrics"]["loss"]] * 2)


class Alone(unittest.TestCase):
    def test_reads_flags(self):
        os.environ.pop("WINNOW_FD", None)
        t = winnow.begin(["prog", "--lr", "-0.5", "--width=8", "--name", "x y", "rest", "--on"])
        self.assertFalse(t.is_managed)
        self.assertEqual(t.params, {"lr": -0.5, "width": 8, "name": "x y", "on": True})
        self.assertFalse(t.checkpoint_due(1))
        with t.checkpoint() as folder:
            self.assertIsNone(folder)
        self.assertIs(t.report(1, loss=1), winnow.CONTINUE)
        self.assertEqual(t.max_resource(5), 5)
        t.end()

    def test_takes_no_other_descriptor_for_its_socket(self):
        file = os.open(os.devnull, os.O_RDONLY)
        other = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.addCleanup(os.close, file)
        self.addCleanup(other.close)
        for value in ["", "x", "-1", "0", "9999", "9" * 20, "\u00b2",
                      str(file), str(other.fileno())]:
            os.environ["WINNOW_FD"] = value
            self.assertFalse(winnow.begin(["prog"]).is_managed, value)
        os.fstat(file)  # neither was closed
        os.fstat(other.fileno())
        del os.environ["WINNOW_FD"]


if __name__ == "__main__":
    unittest.main()
