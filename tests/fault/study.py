"""Whole-program tests: start `winnow run` on studies of fault_chain, disturb it, and check.

A test is a script that uses Study below. WN_BINARY_DIR names the build. Moments are given as
progress (bytes of the journal), never as times; every wait has a limit, after which all is
killed and the test fails with what there is to see.

What Study.check() proves of a study, whatever was done to it, from the journal and from the
log that the training programs wrote beside it:
  - every trial's reports are 1, 2, 3 ... in order: none lost, none doubled;
  - their values are those of an uninterrupted run (the chain of fault/chain.c, repeated here);
  - a program never begins below an epoch whose checkpoint an answered report holds;
  - every answered report is in the journal;
  - `winnow replay` decides the same again;
  - complete: closed, nothing left in control/, no heartbeat, every checkpoint is whole and
    named in the journal, and no process is left.
"""
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback

BINARY_DIR = os.environ["WN_BINARY_DIR"]
WINNOW = os.path.join(BINARY_DIR, "winnow")
CHAIN = os.path.join(BINARY_DIR, "tests", "fault_chain")
PROGRAMS = ("winnow-trial", "fault_chain", "mlp") # trials, and their helper
LIMIT_S = 60
MASK = (1 << 64) - 1

COMPLETE, FAILED, USAGE, RESUMABLE = 0, 1, 2, 75

MPI_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_oob_tcp_if_include": "lo",
    "OMPI_MCA_btl_tcp_if_include": "lo",
    "ASAN_OPTIONS": "detect_leaks=0",
}


class Broken(Exception):
    """A claim that does not hold."""


def claim(holds, text, *values):
    if not holds:
        raise Broken(text % values if values else text)


# --- the chain of chain.c ---


def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def chain(x, n):
    """Scores of epochs 1 to n of an uninterrupted run."""
    state = struct.unpack("<Q", struct.pack("<d", x))[0]
    scores = []
    for epoch in range(1, n + 1):
        state = mix(state ^ epoch)
        scores.append((state >> 11) * 2.0**-53)
    return scores


# --- processes ---


def state_of(pid):
    """A process's state letter and its parent, or None."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            fields = f.read().rpartition(b")")[2].split()
        return fields[0].decode(), int(fields[1])
    except (OSError, IndexError):
        return None


def marked(mark):
    """Live processes (zombies are not) that were started with this mark in their environment."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/environ" % name, "rb") as f:
                if mark not in f.read():
                    continue
            with open("/proc/%s/cmdline" % name, "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        state = state_of(int(name))
        if state and state[0] not in "ZX":
            found.append((int(name), os.path.basename(words[0].decode("utf-8", "replace"))))
    return found


def kill(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def until(condition, what, limit_s=LIMIT_S, pause_s=0.002):
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        claim(time.monotonic() < end, "after %d s there is still not: %s", limit_s, what)
        time.sleep(pause_s)


class Run:
    """One `winnow run`, alone or under mpirun; its output is in files."""

    def __init__(self, study, words, n_ranks, preexec):
        study.n_runs += 1
        self.mark = b"WN_TEST_MARK=%s.%d." % (study.folder.encode(), study.n_runs)
        self.out_path = os.path.join(study.folder, "run-%d.out" % study.n_runs)
        self.n_ranks = n_ranks
        environment = dict(os.environ, WN_TEST_MARK=self.mark.decode().partition("=")[2])
        command = [WINNOW, "run", study.job_path, "--study", study.path] + words
        if n_ranks:
            # What a killed mpirun leaves behind goes with the study's folder.
            environment.update(MPI_ENVIRONMENT, OMPI_MCA_orte_tmpdir_base=study.folder,
                               OMPI_MCA_btl_vader_backing_directory=study.folder)
            mpirun = os.environ.get("MPIEXEC", "mpirun")
            command = ["timeout", "-k", "5", str(LIMIT_S), mpirun, "--oversubscribe",
                       "--bind-to", "none", "-n", str(n_ranks)] + command
        with open(self.out_path, "wb") as out:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env=environment, start_new_session=True, preexec_fn=preexec, cwd=study.folder)

    def is_over(self):
        return self.process.poll() is not None

    def wait(self):
        try:
            return self.process.wait(LIMIT_S + 10)
        except subprocess.TimeoutExpired:
            raise Broken("the run did not end within %d s" % (LIMIT_S + 10))

    def ranks(self):
        """Pids of the winnow processes; alone: the one."""
        if not self.n_ranks:
            return [self.process.pid]
        return [pid for pid, name in marked(self.mark) if name == "winnow"]

    def mpirun(self):
        """The pid of mpirun, which timeout started."""
        for pid, name in marked(self.mark):
            if name not in ("winnow", "timeout") and state_of(pid) and \
                    state_of(pid)[1] == self.process.pid:
                return pid
        return None

    def signal(self, number):
        pid = self.mpirun() if self.n_ranks else self.process.pid
        if pid:
            kill(pid, number)

    def kill_all(self):
        """SIGKILL to launcher and ranks, not to trials: those have to go by themselves."""
        targets = [self.process.pid] if not self.n_ranks else \
            [pid for pid, name in marked(self.mark) if name not in PROGRAMS]
        for pid in targets:
            kill(pid)
        self.wait()

    def is_gone(self):
        """Nothing of it is left: neither ranks nor trials nor helpers."""
        return not marked(self.mark)

    def clear(self):
        for pid, _ in marked(self.mark):
            kill(pid)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def output(self):
        with open(self.out_path, "rb") as f:
            return f.read().decode("utf-8", "replace")


# --- studies ---


class Study:
    """A study of fault_chain in a temporary folder, or with its own folder in `place`."""

    def __init__(self, name, trials=8, epochs=9, pace_us=0, scheduler=None, seed=1, place=None,
                 **keys):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix="winnow-%s-" % name)
        self.path = os.path.join(place or self.folder, "study")
        self.log_path = os.path.join(self.folder, "programs.log")
        self.job_path = os.path.join(self.folder, "job.json")
        self.runs, self.n_runs = [], 0
        self.epochs, self.trials = epochs, trials
        job = {
            "name": name,
            "trial": {"command": [CHAIN], "report_timeout": "1m"},
            "space": {
                "x": {"type": "float", "low": 0, "high": 1},
                "pace_us": {"type": "constant", "value": pace_us},
                "log": self.log_path,
            },
            "metric": {"name": "score", "mode": "max"},
            "resource": {"max": epochs},
            "scheduler": scheduler or {"type": "asha", "variant": "promotion",
                                       "grace_period": 1, "reduction_factor": 3},
            "searcher": {"type": "random"},
            "stop": {"trials_started": trials},
            "seed": seed,
        }
        job.update(keys)
        with open(self.job_path, "w") as f:
            json.dump(job, f)

    def start(self, *words, n_ranks=0, preexec=None):
        run = Run(self, list(words), n_ranks, preexec)
        self.runs.append(run)
        return run

    def finish(self, *words, n_ranks=0, preexec=None, code=COMPLETE):
        """Run to the end and expect an exit status."""
        run = self.start(*words, n_ranks=n_ranks, preexec=preexec)
        got = run.wait()
        claim(got == code, "the run ended with %d, not %d", got, code)
        self.expect_gone(run)
        return run

    def expect_gone(self, run):
        until(run.is_gone, "an end of %s" % (marked(run.mark),), limit_s=20)

    def command(self, *words):
        done = subprocess.run([WINNOW] + list(words), stdout=subprocess.PIPE, cwd=self.folder,
                              stderr=subprocess.PIPE, timeout=LIMIT_S)
        claim(done.returncode == 0, "winnow %s: %d: %s", " ".join(words), done.returncode,
              done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode()

    def bytes(self):
        """Length of the journal: the measure of progress."""
        total = 0
        folder = os.path.join(self.path, "journal")
        try:
            for name in os.listdir(folder):
                if name.endswith(".wnj"):
                    total += os.stat(os.path.join(folder, name)).st_size
        except OSError:
            pass # not made yet, or folded under our eyes
        return total

    def wait_for(self, run, n_bytes):
        """Until the journal has this length; false if the run ended before."""
        until(lambda: self.bytes() >= n_bytes or run.is_over(),
              "a journal of %d bytes" % n_bytes, pause_s=0.0003)
        return not run.is_over()

    def events(self):
        return [json.loads(line) for line in self.command("journal", self.path).splitlines()]

    # --- what must hold ---

    def check(self, is_complete=True):
        events = self.events()
        reports = check_journal(events, self.epochs)
        check_log(self.log_path, reports, named_checkpoints(events))
        self.command("replay", self.path)
        if is_complete:
            self.check_complete(events, reports)
        return events

    def check_complete(self, events, reports):
        kinds = [e["event"] for e in events]
        reasons = [e["reason"] for e in events if e["event"] == "stopping"]
        claim(kinds[-1] == "closed", "the last event is %s", kinds[-1])
        claim(reasons[-1] == "done", "the study stopped for %s", reasons)
        claim(kinds.count("configured") == self.trials, "%d trials of %d were configured",
              kinds.count("configured"), self.trials)
        claim(len(reports) == self.trials, "%d trials of %d reported", len(reports), self.trials)
        failures = [e for e in events if e.get("failure")]
        claim(not failures, "a trial failed: %s", failures[:1])
        claim(len(reports) < self.epochs or self.epochs in map(len, reports.values()),
              "no trial of %d reached epoch %d", len(reports), self.epochs)
        left = self.files("control")
        claim(not left, "control/ still holds %s", left)
        names = set(self.files(".")) - {"control", "trials"}
        claim(names == {"checkpoints", "job.json", "journal", "results.h5", "winnow.log"},
              "in the study's folder: %s", sorted(names))
        claim(len(self.files("journal")) == 1, "the journal is %s", self.files("journal"))
        self.check_checkpoints(events)

    def files(self, folder):
        path = os.path.join(self.path, folder)
        return sorted(os.listdir(path)) if os.path.isdir(path) else []

    def check_checkpoints(self, events):
        named = {e["checkpoint"] for e in events if e.get("checkpoint")}
        named -= {e["generation"] for e in events if e["event"] == "collected"}
        folder = os.path.join(self.path, "checkpoints")
        found = set()
        for trial in os.listdir(folder):
            for generation in os.listdir(os.path.join(folder, trial)):
                found.add("%s/%s" % (trial, generation))
                claim(sorted(os.listdir(os.path.join(folder, trial, generation))) ==
                      ["state", "winnow-manifest"], "checkpoint %s/%s is not whole", trial,
                      generation)
        claim(found == named, "checkpoints there: %s, in the journal: %s",
              sorted(found - named), sorted(named - found))

    # --- the end of the test ---

    def remove(self):
        shutil.rmtree(self.folder)

    def show(self):
        print("--- %s: %s" % (self.name, self.folder))
        for run in self.runs[-3:]:
            print("--- %s (exit %s, left %s)\n%s" % (
                os.path.basename(run.out_path), run.process.poll(), marked(run.mark),
                run.output()[-3000:]))
        try:
            with open(os.path.join(self.path, "winnow.log"), "rb") as f:
                print("--- winnow.log\n" + f.read().decode("utf-8", "replace")[-3000:])
        except OSError as error:
            print(error)


def check_journal(events, epochs):
    """Reports by trial as lists of scores; every claim that needs the journal alone."""
    reports, configs, dispatches = {}, {}, set()
    claim(events and events[0]["event"] == "job", "the journal does not begin with the job")
    incarnation = 0
    for e in events:
        trial = e.get("trial")
        if e["event"] == "opened":
            claim(e["incarnation"] > incarnation, "incarnation %d after %d", e["incarnation"],
                  incarnation)
            incarnation = e["incarnation"]
        elif e["event"] == "configured":
            claim(trial not in configs, "trial %s is configured twice", trial)
            configs[trial] = e["config"]["x"]
        elif e["event"] == "dispatched":
            claim(e["dispatch"] not in dispatches, "dispatch %s is used twice", e["dispatch"])
            dispatches.add(e["dispatch"])
        elif e["event"] == "reported":
            scores = reports.setdefault(trial, [])
            claim(e["resource"] == len(scores) + 1,
                  "trial %s reported epoch %s after epoch %s", trial, e["resource"], len(scores))
            scores.append(e["metrics"]["score"])
    for trial, scores in reports.items():
        claim(scores == chain(configs[trial], epochs)[:len(scores)],
              "trial %s (x = %r) reported %s, an uninterrupted run %s", trial, configs[trial],
              scores, chain(configs[trial], epochs)[:len(scores)])
    return reports


def named_checkpoints(events):
    """(trial, epoch) of every checkpoint that was ever recorded."""
    texts = [e["checkpoint"] for e in events if e.get("checkpoint")]
    return {(int(t.partition("/")[0]), int(t.partition("/")[2].partition("-")[0]))
            for t in texts}


def check_log(path, reports, named):
    """What the programs saw, line by line, against the journal."""
    held, at = {}, {}
    for line in read(path).splitlines():
        words = line.split()
        pid, what, trial, epoch = words[0], words[1], int(words[2]), int(words[3])
        if what == "start":
            claim(epoch >= held.get(trial, 0),
                  "trial %d began after epoch %d although its checkpoint of epoch %d was "
                  "recorded", trial, epoch, held.get(trial, 0))
            at[pid] = epoch
        elif what == "train":
            claim(epoch == at[pid] + 1, "trial %d trained epoch %d after epoch %d", trial, epoch,
                  at[pid])
            at[pid] = epoch
        else:
            claim(epoch <= len(reports.get(trial, [])),
                  "trial %d's report of epoch %d was answered and is not in the journal", trial,
                  epoch)
            if (trial, int(words[4])) in named: # else it could not be written
                held[trial] = max(held.get(trial, 0), int(words[4]))


def n_trained(path):
    """How often each (trial, epoch) was trained."""
    counts = {}
    for words in map(str.split, read(path).splitlines()):
        if words[1] == "train":
            key = int(words[2]), int(words[3])
            counts[key] = counts.get(key, 0) + 1
    return counts


def read(path):
    try:
        with open(path) as f:
            return f.read()
    except OSError:
        return ""


# --- running the tests of a script ---


def main(tests, arguments=()):
    """Run functions that make studies with the `make` they are given, and clean up after them."""
    names = [a for a in sys.argv[1:] if a not in arguments]
    n_failed = 0
    for test in tests:
        if names and test.__name__ not in names:
            continue
        studies = []

        def make(*args, **keys):
            studies.append(Study(*args, **keys))
            return studies[-1]

        begin = time.monotonic()
        try:
            test(make)
        except (Broken, AssertionError, OSError, KeyError, ValueError,
                subprocess.SubprocessError) as error:
            n_failed += 1
            print("FAILED %s: %s" % (test.__name__, error))
            if not isinstance(error, Broken):
                traceback.print_exc(file=sys.stdout)
            for study in studies[-1:]:
                study.show()
            for study in studies:
                for run in study.runs:
                    run.clear()
        else:
            print("ok %s (%.1f s)" % (test.__name__, time.monotonic() - begin))
            for study in studies:
                study.remove()
        sys.stdout.flush()
    return 1 if n_failed else 0


def dice(seed):
    return random.Random(seed)
