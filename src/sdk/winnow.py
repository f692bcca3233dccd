"""winnow.py - what a training program in Python calls to be tuned by Winnow.

    import winnow

    t = winnow.begin()
    lr = t.get("lr", 0.1)
    first = 1
    if t.restore:                                # a folder to go on from, or None
        first = load(t.restore) + 1
    for epoch in range(first, t.max_resource(27) + 1):
        accuracy = train_one_epoch(lr)
        if t.checkpoint_due(epoch):
            with t.checkpoint() as folder:       # None when nobody wants one
                if folder:
                    save(folder, epoch)
        if t.report(epoch, accuracy=accuracy) != winnow.CONTINUE:
            break
    t.end()

Commit, then report: a checkpoint belongs to the next report. Below a milestone a report
costs one look and one send that never wait; at it the call waits for the answer. A
program that Winnow did not start runs normally: parameters come from its own flags
(--name value), reports are printed, the answer is always CONTINUE.

One file, standard library only, Python 3.6 on; copy it wherever you like. The protocol is
that of src/runner/FORMAT.md. One thread at a time may call.
"""

import contextlib
import enum
import errno
import json
import os
import select
import shutil
import socket
import sys

__all__ = ["begin", "Trial", "Answer", "CONTINUE", "PAUSE", "STOP"]
__version__ = "1"

_MESSAGE_MAX = 256 * 1024
_REPORT_MAX = 65536  # bytes; a longer one fails the trial
_NEVER = sys.maxsize


class Answer(enum.IntEnum):
    """What to do after a report. Only CONTINUE is true: `if not t.report(...): break`."""

    CONTINUE = 0  # train on
    PAUSE = 1  # end now; you will be started again from the last checkpoint
    STOP = 2  # end now; this configuration is done

    def __bool__(self):
        return self is Answer.CONTINUE


CONTINUE = Answer.CONTINUE
PAUSE = Answer.PAUSE
STOP = Answer.STOP


def begin(argv=None):
    """Connect to the worker that started this program. argv: flags of one that runs alone."""
    return Trial(sys.argv if argv is None else argv)


def _find_socket():
    """The socket of a trial that Winnow started, or None. The variable is taken out of the
    environment, so that no program started by this one takes itself for the trial."""
    text = os.environ.get("WINNOW_FD", "")
    if not text.isdigit():
        return None
    try:
        found = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, fileno=int(text))
    except (OSError, OverflowError, ValueError):
        return None
    try:
        is_ours = found.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_SEQPACKET
    except OSError:
        is_ours = False
    if not is_ours:
        found.detach()  # somebody else's descriptor: not ours to close
        return None
    found.set_inheritable(False)
    found.setblocking(False)
    del os.environ["WINNOW_FD"]
    return found


def _value_of(text):
    """A flag's word as a value: JSON where it is JSON, else the word itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_flags(argv):
    """--name value, --name=value, and --name alone for True."""
    values = {}
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if not word.startswith("--") or len(word) == 2:
            continue
        name, equals, value = word[2:].partition("=")
        if equals:
            values[name] = _value_of(value)
        elif words and not words[0].startswith("--"):
            values[name] = _value_of(words.pop(0))
        else:
            values[name] = True
    return values


def _number(value):
    """A metric as a plain float; numpy and torch scalars have float()."""
    return float(value)


class Trial:
    """One trial. `params` is the configuration, `restore` the folder to go on from (or
    None) and `restore_resource` the units it holds, `milestone` the next resource at which
    a report waits, `is_managed` whether Winnow started the program, `id` the trial's."""

    def __init__(self, argv):
        self.params = {}
        self.restore = None
        self.restore_resource = 0
        self.milestone = 0
        self.id = ""
        self._over = None
        self._queue = []
        self._folder = None
        self._is_committed = False
        self._n_folders = 0
        self._max = None
        self._temp = None
        self._waits = False
        self._shift = 0
        self._every = 0
        self._saved = 0
        self._socket = _find_socket()
        self.is_managed = self._socket is not None
        if not self.is_managed:
            self.params = _read_flags(argv)
            return
        self._send({"hello": 1, "client": "python"}, wait=True)
        greeting = self._receive()
        if greeting is None:
            self._over = STOP
            return
        self._greet(greeting)

    def _greet(self, greeting):
        self.id = greeting.get("trial", "")
        self.params = greeting.get("parameters", {})
        self.restore = greeting.get("restore")
        if self.restore is not None:
            self.restore_resource = greeting.get("restore_resource", 0)
        self._take_milestone(greeting)
        self._max = greeting.get("max")
        self._temp = greeting.get("checkpoint_temp")
        self._waits = bool(greeting.get("waits"))
        self._shift = 1 - greeting.get("first", 1)
        self._every = greeting.get("checkpoint_every", 0)
        self._saved = self.restore_resource

    def _take_milestone(self, message):
        if "milestone" in message:
            value = message["milestone"]
            self.milestone = _NEVER if value is None else value

    # --- configuration ---

    def get(self, name, fallback=None):
        """A parameter, or the fallback where the configuration does not have it."""
        return self.params.get(name, fallback)

    def max_resource(self, fallback):
        """Resource units of a full training; the fallback when alone or open-ended."""
        return self._max if self._max else fallback

    # --- checkpoints ---

    def checkpoint_due(self, resource):
        """Would a checkpoint at the coming report be of use? Looks, never waits."""
        if not self.is_managed or not self._temp or not self._look():
            return False
        unit = resource + self._shift
        if self._waits or unit >= self.milestone:
            return True
        return self._every > 0 and unit // self._every > self._saved // self._every

    @contextlib.contextmanager
    def checkpoint(self):
        """A new empty folder to write into; committed if the block ends without an
        exception. None when alone or if it cannot be made."""
        self._discard()
        self._folder = self._make_folder()
        if self._folder is None:
            yield None
            return
        try:
            yield self._folder
        except BaseException:
            self._discard()
            raise
        self._is_committed = True

    def _make_folder(self):
        if not self.is_managed or self._over is not None or not self._temp:
            return None
        for _ in range(10000):
            self._n_folders += 1
            path = os.path.join(self._temp, "c%d" % self._n_folders)
            try:
                os.mkdir(path)
                return path
            except FileExistsError:  # left by an earlier start of the same run
                continue
            except OSError:
                return None
        return None

    def _discard(self):
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = None
        self._is_committed = False

    # --- reports ---

    def report(self, resource, **metrics):
        """Report metrics after `resource` units (epochs), counted from 1."""
        metrics = {name: _number(value) for name, value in metrics.items()}
        if not self.is_managed:
            shown = " ".join("%s=%.6g" % item for item in metrics.items())
            print("report %d: %s" % (resource, shown), flush=True)
            return CONTINUE
        if self._folder is not None and not self._is_committed:
            self._discard()
        if not self._look():
            return self._over
        unit = int(resource) + self._shift
        waits = self._waits or unit >= self.milestone
        report = {"resource": int(resource), "metrics": metrics, "waits": waits}
        if self._folder is not None:
            report["checkpoint"] = os.path.basename(self._folder)
            self._saved = unit
            self._folder = None
            self._is_committed = False
        if not self._send({"report": report}, wait=waits):
            self._over = STOP
            return STOP
        if not waits:
            return CONTINUE
        answer = self._wait_for_answer()
        if answer is not CONTINUE:
            self._over = answer
        return answer

    def end(self):
        """Say goodbye. The program may go on, but nobody listens any more."""
        self._discard()
        if self._socket is not None:
            self._send({"bye": 1}, wait=True)
            self._socket.close()
            self._socket = None
            if self._over is None:
                self._over = STOP

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.end()

    # --- packets ---

    def _absorb(self, message):
        """Take in one message of the worker; its answer, or None if it is none."""
        if "recall" in message:
            self._waits = True
        if "answer" not in message:
            return None
        self._waits = bool(message.get("waits"))
        self._take_milestone(message)
        return {"pause": PAUSE, "stop": STOP}.get(message["answer"], CONTINUE)

    def _look(self):
        """Read what there is, without waiting. False when the run is over."""
        while self._over is None:
            try:
                packet = self._socket.recv(_MESSAGE_MAX)
            except (BlockingIOError, InterruptedError):
                return True
            except OSError:
                packet = b""
            if not packet:
                self._over = STOP
            else:
                self._absorb(json.loads(packet.decode()))
        return False

    def _receive(self):
        while True:
            self._wait(select.POLLIN)
            try:
                packet = self._socket.recv(_MESSAGE_MAX)
            except (BlockingIOError, InterruptedError):
                continue
            except OSError:
                packet = b""
            return json.loads(packet.decode()) if packet else None

    def _wait_for_answer(self):
        while True:
            message = self._receive()
            if message is None:
                return STOP
            answer = self._absorb(message)
            if answer is not None:
                return answer

    def _send(self, message, wait):
        """Queue a message and send what the socket takes; wait: until all is sent."""
        text = json.dumps(message, separators=(",", ":"))
        self._queue.append(text.encode())
        while self._queue:
            try:
                self._socket.send(self._queue[0])
            except (BlockingIOError, InterruptedError):
                if not wait:
                    return True
                self._wait(select.POLLOUT)
                continue
            except OSError as error:
                if error.errno == errno.EMSGSIZE and len(self._queue[0]) > _REPORT_MAX + 1:
                    # enough for the worker to say so
                    self._queue[0] = self._queue[0][:_REPORT_MAX + 1]
                    continue
                return False
            self._queue.pop(0)
        return True

    def _wait(self, event):
        poller = select.poll()
        poller.register(self._socket, event)
        poller.poll()
