"""test_programs.py - the training programs as Winnow starts them, and alone.

A small worker speaks the trial protocol (src/runner/FORMAT.md) with the unchanged
programs over a real socket pair: a training that was paused and started again must
report, digit for digit, what an uninterrupted one reports. Usage: test_programs.py MLP
"""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SGD = os.path.join(ROOT, "examples", "python", "sgd_digits.py")
UNTOUCHED = os.path.join(ROOT, "examples", "untouched", "train.py")
ENVIRON = dict(
    os.environ,
    PYTHONPATH=os.path.join(ROOT, "src", "sdk"),
    PYTHONDONTWRITEBYTECODE="1",
    OPENBLAS_NUM_THREADS="1",
)
MLP = None


def run(command, **more):
    return subprocess.run(
        command,
        env=ENVIRON,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
        timeout=60,
        **more
    )


class Worker:
    """Starts a program as a trial, collects its reports, answers at milestones."""

    def __init__(self, folder):
        self.folder = folder
        self.checkpoints = {}  # resource -> folder
        self.n_runs = 0

    def start(self, command, parameters, milestone, maximum, restore=None, extra=None):
        """Reports up to the milestone as [(resource, metrics)], and the exit status."""
        self.n_runs += 1
        temp = os.path.join(self.folder, "run%d" % self.n_runs)
        os.mkdir(temp)
        greeting = {
            "trial": "7",
            "parameters": parameters,
            "milestone": milestone,
            "max": maximum,
            "checkpoint_temp": temp,
        }
        if restore:
            greeting["restore"] = self.checkpoints[restore]
            greeting["restore_resource"] = restore
        greeting.update(extra or {})
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(60)
        with ours, theirs:
            program = subprocess.Popen(
                command,
                env=dict(ENVIRON, WINNOW_FD=str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
            theirs.close()
            try:
                reports = self.serve(ours, greeting, temp, milestone, maximum)
                errors = program.communicate(timeout=60)[1]
            finally:
                program.kill()
                program.wait()
        return reports, program.returncode, errors

    def serve(self, ours, greeting, temp, milestone, maximum):
        reports = []
        while True:
            packet = ours.recv(1 << 18)
            if not packet:
                return reports
            message = json.loads(packet.decode())
            if "hello" in message:
                ours.send(json.dumps(greeting).encode())
            report = message.get("report")
            if not report:
                continue
            reports.append((report["resource"], report["metrics"]))
            if "checkpoint" in report:
                self.checkpoints[report["resource"]] = os.path.join(
                    temp, report["checkpoint"]
                )
            if report["resource"] >= milestone:
                answer = "stop" if milestone >= maximum else "pause"
                ours.send(json.dumps({"answer": answer}).encode())


class ManagedTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.worker = Worker(self.folder)

    def tearDown(self):
        shutil.rmtree(self.folder)

    def check_resume(self, command, parameters):
        whole, rc, errors = self.worker.start(command, parameters, 6, 6)
        self.assertEqual((rc, errors), (0, ""))
        self.assertEqual([resource for resource, _ in whole], [1, 2, 3, 4, 5, 6])
        first, rc, errors = self.worker.start(command, parameters, 1, 6)
        self.assertEqual((rc, errors), (0, ""))
        second, rc, errors = self.worker.start(command, parameters, 4, 6, restore=1)
        self.assertEqual((rc, errors), (0, ""))
        third, rc, errors = self.worker.start(command, parameters, 6, 6, restore=4)
        self.assertEqual((rc, errors), (0, ""))
        self.assertEqual(first + second + third, whole)

    def test_mlp_with_adam_and_dropout_is_promoted_without_a_trace(self):
        flags = {"optimizer": "adam", "lr": 0.004, "dropout": 0.25, "depth": 2}
        command = [MLP]
        for name, value in flags.items():
            command += ["--" + name, str(value)]
        self.check_resume(command, flags)

    def test_mlp_with_sgd_takes_its_configuration_without_flags(self):
        flags = {"optimizer": "sgd", "lr": 0.05, "momentum": 0.9, "width": 20}
        self.check_resume([MLP], flags)
        with_flags = [MLP]
        for name, value in flags.items():
            with_flags += ["--" + name, str(value)]
        by_message, _, _ = self.worker.start([MLP], flags, 3, 3)
        by_flags, _, _ = self.worker.start(with_flags, {}, 3, 3)
        self.assertEqual(by_message, by_flags)

    def test_mlp_refuses_a_configuration_of_the_wrong_kind(self):
        for name, value in (("lr", "fast"), ("width", 8.5), ("optimizer", "lamb")):
            reports, rc, errors = self.worker.start([MLP], {name: value}, 3, 3)
            self.assertEqual((reports, rc), ([], 2), name)
            self.assertIn("--" + name, errors)

    def test_mlp_commits_only_when_due(self):
        self.worker.start([MLP], {"width": 8}, 5, 9)
        self.assertEqual(sorted(self.worker.checkpoints), [5])
        self.worker.checkpoints.clear()
        self.worker.start([MLP], {"width": 8}, 5, 9, extra={"checkpoint_every": 2})
        self.assertEqual(sorted(self.worker.checkpoints), [2, 4, 5])

    def test_mlp_ends_at_the_epochs_it_is_given_as_a_parameter(self):
        reports, rc, _ = self.worker.start([MLP, "--epochs", "2"], {"epochs": 2}, 2, 6)
        self.assertEqual(([resource for resource, _ in reports], rc), ([1, 2], 0))

    def test_sgd_digits_is_promoted_without_a_trace(self):
        parameters = {"loss": "log_loss", "alpha": 0.001, "average": True}
        self.check_resume([sys.executable, SGD], parameters)


class AloneTest(unittest.TestCase):
    def test_sgd_digits_learns(self):
        done = run([sys.executable, SGD, "--epochs", "8", "--average", "true"])
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 8)
        accuracy = float(lines[-1].split("accuracy=")[1].split()[0])
        self.assertGreater(accuracy, 0.93)

    def test_sgd_digits_refuses_wrong_flags(self):
        for flags, text in (
            (["--alpa", "1"], "--alpa is no flag"),
            (["--alpha", "0"], "--alpha must be a number from 1e-12"),
            (["--alpha", "x"], "not 'x'"),
            (["--epochs", "1.5"], "--epochs must be a whole number"),
            (["--loss", "hinges"], "hinge or log_loss or modified_huber"),
            (["--average", "perhaps"], "true or false"),
        ):
            done = run([sys.executable, SGD] + flags)
            self.assertEqual((done.returncode, done.stdout), (2, ""), flags)
            self.assertIn(text, done.stderr)

    def test_sgd_digits_names_missing_data(self):
        done = run([sys.executable, SGD, "--data", "/nonexistent.csv.gz"])
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/nonexistent.csv.gz", done.stderr)


class UntouchedTest(unittest.TestCase):
    def reports(self, *flags):
        done = run([sys.executable, UNTOUCHED] + list(flags))
        self.assertEqual(done.returncode, 0, done.stderr)
        prefix = "[tune-metric]: "
        lines = done.stdout.splitlines()
        self.assertTrue(all(line.startswith(prefix) for line in lines), lines)
        found = [json.loads(line[len(prefix) :]) for line in lines]
        return [(report["epoch"], report["accuracy"]) for report in found]

    def test_goes_on_from_its_folder(self):
        whole = self.reports("--epochs", "6")
        self.assertEqual([epoch for epoch, _ in whole], [1, 2, 3, 4, 5, 6])
        self.assertGreater(whole[-1][1], 0.9)
        with tempfile.TemporaryDirectory() as folder:
            first = self.reports("--epochs", "2", "--st_checkpoint_dir", folder)
            rest = self.reports("--epochs", "6", "--st_checkpoint_dir", folder)
        self.assertEqual(first + rest, whole)

    def test_knows_nothing_of_winnow(self):
        with open(UNTOUCHED) as file:
            text = file.read()
        self.assertNotIn("import winnow", text)


if __name__ == "__main__":
    MLP = sys.argv.pop(1)
    unittest.main()
