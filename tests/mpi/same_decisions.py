#!/usr/bin/python3
"""The simulator and the MPI run of the same table take the same decisions for the same order
of events. With one slot the order is fixed: the journal of `winnow simulate` and that of
`mpirun -n 2 winnow run`, whose trials sleep the table's times (tests/programs/sleeper.c),
must hold the same events, apart from times and from who ran what.
"""
import json
import os
import subprocess
import sys
import tempfile

BINARY_DIR = os.environ["WN_BINARY_DIR"]
WINNOW = os.path.join(BINARY_DIR, "winnow")
SLEEPER = os.path.join(BINARY_DIR, "tests", "sleeper")
ROWS, EPOCHS = 18, 9
SCALE = 0.0005 # of the table's seconds: half a second of table is a quarter of a millisecond
METHODS = {
    "asha": {"method": "asha"},
    "asha-stopping": {"method": "asha-stopping"},
    "async-hyperband": {"method": "async-hyperband"},
    "hyperband": {"method": "hyperband"},
    "median": {"method": "median"},
    "bohb": {"method": "bohb"},
    "pbt": {"scheduler": {"type": "pbt", "population": 4, "perturbation_interval": 2}},
}

# Who opens the study and when time passes is not decided by it.
NOT_DECIDED = {"job", "opened", "timer"}
# Times and costs are those of a machine, texts tell what a program said.
NOT_COMPARED = {"time_ms", "elapsed_ms", "cost_ms", "text", "worker", "slot"}

MPI_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_oob_tcp_if_include": "lo",
    "OMPI_MCA_btl_tcp_if_include": "lo",
    "ASAN_OPTIONS": "detect_leaks=0",
}


def job(name, trial, rest):
    made = {
        "name": name,
        "trial": trial,
        "space": {"x": {"type": "ordinal", "values": list(range(ROWS))}},
        "metric": {"name": "loss"},
        "resource": {"max": EPOCHS},
        "stop": {"trials_started": ROWS - 4},
        "initial": [{"x": ROWS - 1}, {"x": ROWS - 2}, {"x": 0}], # ends early, diverges
        "seed": 7,
    }
    made.update(rest)
    return made


def write(path, made):
    with open(path, "w") as f:
        json.dump(made, f)
    return path


def execute(command, **environment):
    done = subprocess.run(["timeout", "-k", "5", "60"] + command, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **environment))
    if done.returncode:
        sys.exit("%s ended with %d:\n%s" % (" ".join(command), done.returncode, done.stdout))
    return done.stdout


def events_of(study):
    events = [json.loads(line) for line in execute([WINNOW, "journal", study]).splitlines()]
    return [{k: v for k, v in e.items() if k not in NOT_COMPARED} for e in events
            if e["event"] not in NOT_DECIDED]


def compare(folder, name, rest):
    table = os.path.join(folder, "table.h5")
    here = os.path.join(folder, name)
    os.mkdir(here)
    simulated = write(os.path.join(here, "simulated.json"), job(
        name, {"runner": "table", "benchmark": table, "retries": 0}, rest))
    real = write(os.path.join(here, "real.json"), job(
        name, {"command": [SLEEPER, table, str(SCALE)], "retries": 0}, rest))
    execute([WINNOW, "simulate", simulated, "--slots", "1", "--study", here + "/a"])
    execute([os.environ.get("MPIEXEC", "mpirun"), "--oversubscribe", "--bind-to", "none",
             "-n", "2", WINNOW, "run", real, "--slots", "1", "--quiet", "--study", here + "/b"],
            OMPI_MCA_orte_tmpdir_base=folder, **MPI_ENVIRONMENT)
    ours, theirs = events_of(here + "/a"), events_of(here + "/b")
    for number, (a, b) in enumerate(zip(ours, theirs)):
        if a != b:
            sys.exit("%s: event %d is simulated as\n%s\nand really\n%s" % (name, number, a, b))
    if len(ours) != len(theirs):
        sys.exit("%s: %d events are simulated, %d real" % (name, len(ours), len(theirs)))
    if not {"planned", "configured", "reported", "ended"} <= {e["event"] for e in ours}:
        sys.exit("%s: the study is empty" % name)
    return len(ours), {e.get("how") for e in ours}


def main():
    with tempfile.TemporaryDirectory(prefix="winnow-same-") as folder:
        execute([SLEEPER, "--make", os.path.join(folder, "table.h5"), str(ROWS), str(EPOCHS)])
        seen = set()
        for name in sys.argv[1:] or METHODS:
            n, ends = compare(folder, name, METHODS[name])
            seen |= ends
            print("%s: %d events are the same" % (name, n), flush=True)
        if not sys.argv[1:] and not {"completed", "stopped", "failed"} <= seen:
            sys.exit("trials only ended as %s" % seen)


if __name__ == "__main__":
    main()
