#!/usr/bin/python3
"""Asked to stop: every way drains, ends with 75, and the same command completes the study."""
import os
import signal
import sys

import study as st

EARLY = 1500 # bytes of the journal: a few reports of the studies below


def resumable(make, name, ask, n_ranks=0, then_ranks=0, pace_us=3000):
    study = make(name, trials=18, pace_us=pace_us)
    run = study.start(n_ranks=n_ranks)
    st.claim(study.wait_for(run, EARLY), "the study ended before it could be asked to stop")
    ask(study, run)
    code = run.wait()
    st.claim(code == st.RESUMABLE, "the run ended with %d, not 75", code)
    study.expect_gone(run)
    events = study.check(is_complete=False)
    st.claim(events[-1]["event"] == "closed", "the last event is %s", events[-1])
    st.claim([e["reason"] for e in events if e["event"] == "stopping"] == ["drain"],
             "it was not a drain")
    control = os.path.join(study.path, "control")
    st.claim(not os.path.isdir(control) or not os.listdir(control), "the request is left")
    study.finish(n_ranks=then_ranks)
    study.check()
    return study


def trained_once(study):
    """A drain costs nothing: no epoch that was reported is trained again."""
    repeated = {k: n for k, n in st.n_trained(study.log_path).items() if n > 1}
    st.claim(not repeated, "trained more than once: %s", repeated)


def interrupt_drains(make):
    trained_once(resumable(make, "int", lambda study, run: run.signal(signal.SIGINT)))


def terminate_drains(make):
    trained_once(resumable(make, "term", lambda study, run: run.signal(signal.SIGTERM)))


def usr1_drains(make):
    trained_once(resumable(make, "usr1", lambda study, run: run.signal(signal.SIGUSR1)))


def stop_command_drains(make):
    # Requests are looked for once a second: the study has to last longer.
    trained_once(resumable(make, "stop",
                           lambda study, run: study.command("stop", "--wait", study.path),
                           pace_us=60000))


def second_interrupt_kills(make):
    def ask(study, run):
        begin = study.bytes()
        run.signal(signal.SIGINT)
        st.until(lambda: study.bytes() > begin, "a drain in the journal")
        run.signal(signal.SIGINT)

    # Epochs so long that none ends: only the second signal can end the run in time.
    study = make("urgent", trials=4, pace_us=120 * 1000000)
    run = study.start()
    st.until(lambda: "start" in st.read(study.log_path), "a program that trains")
    ask(study, run)
    code = run.wait()
    st.claim(code == st.RESUMABLE, "the run ended with %d, not 75", code)
    study.expect_gone(run)
    events = study.check(is_complete=False)
    st.claim(events[-1]["event"] == "closed", "the last event is %s", events[-1])


def broadcast(run, number):
    """As Slurm signals a step: every process of it, programs and helpers too."""
    for pid, _ in sorted(st.marked(run.mark)):
        st.kill(pid, number)


def usr1_to_every_process_drains(make):
    trained_once(resumable(make, "usr1-all",
                           lambda study, run: broadcast(run, signal.SIGUSR1)))


def term_to_every_process_is_no_blame_for_trials(make):
    study = resumable(make, "term-all", lambda study, run: broadcast(run, signal.SIGTERM),
                      pace_us=20000)
    kinds = [e["why"] for e in study.events() if e["event"] == "returned"]
    st.claim("failed" not in kinds, "trials were returned as %s", kinds)


if __name__ == "__main__":
    sys.exit(st.main([interrupt_drains, terminate_drains, usr1_drains, stop_command_drains,
                      second_interrupt_kills, usr1_to_every_process_drains,
                      term_to_every_process_is_no_blame_for_trials]))
