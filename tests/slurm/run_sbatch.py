#!/usr/bin/python3
"""The scripts of slurm/ on a real Slurm of three virtual nodes (with-slurm.sh): jobs are
submitted, watched with squeue, drained as the time limit would do it, submitted again.

The job is jobs/quickstart.json, made shorter. Called without arguments it starts itself inside
with-slurm.sh; exits 77 when that cannot be."""
import os
import re
import subprocess
import sys

import study as st

SOURCE_DIR = os.environ["WN_SOURCE_DIR"]
MLP = os.path.join(st.BINARY_DIR, "examples", "mlp")
N_NODES = 3


class Job:
    """A submitted batch job that runs a study."""

    def __init__(self, study, script, *options, launcher="mpirun"):
        environment = dict(os.environ, WINNOW=st.WINNOW, WINNOW_ROOT=SOURCE_DIR,
                           LAUNCHER=launcher)
        words = ["sbatch", "--parsable"] + list(options) + [
            os.path.join(SOURCE_DIR, "slurm", script),
            os.path.join(SOURCE_DIR, "jobs", "quickstart.json"), "--study", study.path]
        for key, value in study.keys.items():
            words += ["--set", "%s=%s" % (key, value)]
        self.id = subprocess.run(words, env=environment, cwd=study.folder, check=True,
                                 stdout=subprocess.PIPE).stdout.decode().strip()
        self.out_path = os.path.join(study.folder, "winnow-%s.out" % self.id)
        study.jobs.append(self)

    def squeue(self, form):
        done = subprocess.run(["squeue", "-h", "-t", "all", "-j", self.id, "-O", form],
                              stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().strip()

    def is_over(self):
        return self.squeue("State") not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING")

    def wait(self):
        """Its exit status, as the script gave it."""
        st.until(self.is_over, "an end of job %s" % self.id, pause_s=0.2)
        state = self.squeue("State")
        status = int(self.squeue("exit_code"))
        # squeue shows a wait status: exit code 75 is 75 << 8, where it does not show 75.
        return state, status >> 8 if status > 255 else status

    def expect(self, code):
        state, got = self.wait()
        st.claim(got == code and state == ("FAILED" if code else "COMPLETED"),
                 "job %s is %s with exit code %d, not %d", self.id, state, got, code)

    def drain(self):
        """What Slurm does some minutes before the time limit."""
        subprocess.run(["scancel", "--signal=USR1", "--batch", self.id], check=True)

    def output(self):
        return st.read(self.out_path)


class Study:
    """A study in a temporary folder, begun and gone on with by batch jobs."""

    def __init__(self, name, n_trials):
        self.study = st.Study(name) # for its folder and its looks; its job is not used
        self.folder, self.path = self.study.folder, self.study.path
        self.jobs = []
        self.keys = {"trial.command": '["%s"]' % MLP, "stop.trials_started": n_trials,
                     "stop.time": "50s"}

    def workers(self):
        """(host, slots) of every worker that the last opening saw, from the log."""
        log = st.read(os.path.join(self.path, "winnow.log"))
        last = re.split(r" opened (?:for the first time|again) on ", log)[-1]
        return sorted((host, int(n)) for host, n in re.findall(
            r"worker \d+ on (\S+): (\d+) slots? of 1 cores?", last))

    def check(self, n_trials):
        events = self.study.events()
        last = {}
        for e in events:
            if e["event"] == "reported":
                st.claim(e["resource"] == last.get(e["trial"], 0) + 1,
                         "trial %d reported epoch %d after %d", e["trial"], e["resource"],
                         last.get(e["trial"], 0))
                last[e["trial"]] = e["resource"]
        st.claim(len(last) == n_trials, "%d trials reported, not %d", len(last), n_trials)
        st.claim(events[-1]["event"] == "closed", "the last event is %s", events[-1])
        st.claim(not [e for e in events if e.get("failure")], "trials failed")
        self.study.command("replay", self.path)
        self.study.command("best", self.path)
        return events

    def show(self):
        for job in self.jobs[-2:]:
            print("--- job %s: %s\n%s" % (job.id, job.squeue("State,exit_code,NodeList"),
                                          job.output()[-4000:]))
        print("--- winnow.log\n" + st.read(os.path.join(self.path, "winnow.log"))[-3000:])
        subprocess.run(["tail", "-n", "15", "/mnt/slurm/log/slurmctld.log"])


def ran_trials(events):
    """Workers that ran trials after the last opening."""
    start = max(i for i, e in enumerate(events) if e["event"] == "opened")
    return {e["worker"] for e in events[start:] if e["event"] == "dispatched"}


def one_node_has_a_slot_per_core(study, n_cores):
    Job(study, "one-node.sbatch").expect(st.COMPLETE)
    study.check(study.keys["stop.trials_started"])
    st.claim(study.workers() == [("n1", n_cores)], "the workers were %s", study.workers())


def nodes_drain_and_go_on(study, n_cores, launcher, then):
    """One rank a node, a slot per core, trials on all; USR1 ends with 75; the other launcher
    goes on."""
    all_nodes = [("n%d" % (i + 1), n_cores) for i in range(N_NODES)]
    job = Job(study, "multi-node.sbatch", launcher=launcher)
    st.until(lambda: study.study.bytes() > 4000 or job.is_over(), "some reports of trials")
    job.drain()
    job.expect(st.RESUMABLE)
    events = study.study.events()
    st.claim([e["reason"] for e in events if e["event"] == "stopping"] == ["drain"],
             "it did not drain")
    st.claim(study.workers() == all_nodes, "the workers were %s", study.workers())
    st.claim(ran_trials(events) == {0, 1, 2}, "these ran trials: %s", ran_trials(events))
    Job(study, "multi-node.sbatch", launcher=then).expect(st.COMPLETE)
    events = study.check(study.keys["stop.trials_started"])
    st.claim(study.workers() == all_nodes, "the workers were %s", study.workers())
    st.claim(ran_trials(events) == {0, 1, 2}, "these ran trials: %s", ran_trials(events))


def main():
    n_cores = min(2, os.cpu_count())
    tests = [("one-node", 12, one_node_has_a_slot_per_core, ()),
             ("mpirun-srun", 36, nodes_drain_and_go_on, ("mpirun", "srun")),
             ("srun-mpirun", 36, nodes_drain_and_go_on, ("srun", "mpirun"))]
    n_failed = 0
    for name, n_trials, test, words in tests:
        study = Study(name, n_trials)
        try:
            test(study, n_cores, *words)
            print("ok %s" % name)
            study.study.remove()
        except (st.Broken, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            n_failed += 1
            print("FAILED %s: %s" % (name, error))
            study.show()
        sys.stdout.flush()
    return 1 if n_failed else 0


if __name__ == "__main__":
    if "SLURM_CONF" in os.environ:
        sys.exit(main())
    here = os.path.dirname(os.path.abspath(__file__))
    os.execv(os.path.join(here, "with-slurm.sh"),
             ["with-slurm.sh", "-n", str(N_NODES), "-c", str(min(2, os.cpu_count())),
              sys.executable, "-B", os.path.abspath(__file__)])
