#!/usr/bin/python3
"""`mpirun -n N winnow run`: through to the end, killed and resumed, drained and resumed, each
resume on another number of ranks.

    run_study.py N
"""
import signal
import sys

import study as st

N_RANKS = int(sys.argv[1])
OTHERS = [n for n in (2, 3, 5) if n != N_RANKS]
EARLY = 1500 # bytes of the journal: some reports of the studies below


def runs_to_the_end(make):
    study = make("run", trials=12)
    study.finish(n_ranks=N_RANKS)
    events = study.check()
    opened = [e for e in events if e["event"] == "opened"]
    workers = {e["worker"] for e in events if e["event"] == "dispatched"}
    st.claim(len(opened) == 1 and opened[0]["n_workers"] == N_RANKS - 1,
             "it was opened as %s", opened)
    st.claim(workers == set(range(N_RANKS - 1)), "these workers ran trials: %s", workers)
    repeated = [k for k, n in st.n_trained(study.log_path).items() if n > 1]
    st.claim(not repeated, "trained more than once: %s", repeated)


def goes_on_after_kill(make):
    study = make("kill", trials=18, pace_us=2000)
    run = study.start(n_ranks=N_RANKS)
    st.claim(study.wait_for(run, EARLY), "the study ended before it could be killed")
    run.kill_all()
    study.expect_gone(run)
    study.finish(n_ranks=OTHERS[0])
    events = study.check()
    st.claim([e["n_workers"] for e in events if e["event"] == "opened"] ==
             [N_RANKS - 1, OTHERS[0] - 1], "not two openings with these workers")


def goes_on_after_drain(make):
    study = make("drain", trials=18, pace_us=2000)
    run = study.start(n_ranks=N_RANKS)
    st.claim(study.wait_for(run, EARLY), "the study ended before it could be drained")
    run.signal(signal.SIGUSR1)
    code = run.wait()
    st.claim(code == st.RESUMABLE, "mpirun ended with %d, not 75", code)
    study.expect_gone(run)
    study.finish(n_ranks=OTHERS[1])
    study.check()
    repeated = [k for k, n in st.n_trained(study.log_path).items() if n > 1]
    st.claim(not repeated, "trained more than once: %s", repeated)


if __name__ == "__main__":
    sys.exit(st.main([runs_to_the_end, goes_on_after_kill, goes_on_after_drain],
                     arguments=sys.argv[1:]))
