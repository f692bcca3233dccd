#!/usr/bin/python3
"""Two coordinators on one study: the second is refused, or takes over and fences the first."""
import os
import re
import shutil
import signal
import sys

import study as st


def tree(path):
    """Every file below a folder with its bytes, every folder with None, but the log: a fenced
    coordinator may say so there."""
    found = {}
    for folder, _, names in os.walk(path):
        found[os.path.relpath(folder, path)] = None
        for name in set(names) - {"winnow.log"}:
            with open(os.path.join(folder, name), "rb") as f:
                found[os.path.relpath(os.path.join(folder, name), path)] = f.read()
    return found


def second_is_refused_while_the_first_lives(make):
    study = make("second", trials=18, pace_us=3000)
    first = study.start()
    st.claim(study.wait_for(first, 1000), "the first ended too early")
    second = study.start()
    code = second.wait()
    st.claim(code == st.FAILED, "the second ended with %d, not 1", code)
    st.claim("process %d of this host" % first.process.pid in second.output(),
             "the second does not name the first: %s", second.output())
    st.claim("--takeover" in second.output(), "nor the way out: %s", second.output())
    st.claim(first.wait() == st.COMPLETE, "the first was disturbed")
    study.check()


def stopped_study_is_not_stopped_again(make):
    """`winnow stop` of a study that does not run is refused and leaves no request behind."""
    study = make("still", trials=4)
    study.finish()
    try:
        study.command("stop", study.path)
    except st.Broken as error:
        st.claim("does not run" in str(error), "%s", error)
    else:
        raise st.Broken("it was accepted")
    study.check()


def fenced_sleeper(make, seed):
    random = st.dice(seed)
    study = make("fenced", trials=27, pace_us=2000, seed=seed)
    first = study.start()
    st.claim(study.wait_for(first, random.randrange(500, 4000)), "the first ended too early")
    first.signal(signal.SIGSTOP)
    study.finish("--takeover")
    before, log = tree(study.path), st.read(study.log_path)
    first.signal(signal.SIGCONT)
    code = first.wait()
    study.expect_gone(first)
    with open(study.log_path, "w") as f:
        f.write(log) # what programs of the fenced one did since then is nobody's business
    st.claim(code != st.COMPLETE, "the fenced coordinator says the study is its own")
    st.claim("another coordinator has taken" in first.output() or
             "taken over" in first.output(), "it does not say why it ends: %s", first.output())
    after = tree(study.path)
    for name in before:
        st.claim(before[name] == after.get(name) or is_fleeting(name) or is_unfinished(name),
                 "the fenced coordinator changed %s", name)
    for name in sorted(set(after) - set(before)):
        st.claim(is_fleeting(name) or is_unnamed(name), "the fenced coordinator left %s", name)
        if os.path.isdir(os.path.join(study.path, name)):
            shutil.rmtree(os.path.join(study.path, name))
    study.finish() # it is complete, and whatever heartbeat stands there is seen to be dead
    study.check()


def is_fleeting(name):
    """Being replaced when it fell asleep: a heartbeat is checked before it is written, not
    while, and nothing rests on it (fencing does not)."""
    return re.match(r"\.winnow-\d+-\d+\.tmp$|heartbeat$", name)


def is_unfinished(name):
    """A checkpoint that a program of the first incarnation was writing while its coordinator
    slept: it may write on until it is killed, and nobody ever looks for it."""
    return re.match(r"checkpoints/\d+/tmp-1\.\d+(/.*)?$", name)


def is_unnamed(name):
    """Of a run that the first incarnation had begun: nobody ever looks for what the journal
    does not name, and the next opening removes it."""
    return re.match(r"(checkpoints|trials)/\d+(/(tmp|\d+)?-?1\.\d+(/.*)?)?$", name)


def fenced_while_it_slept_ends_without_harm(make):
    for seed in range(1, 7):
        fenced_sleeper(make, seed)


if __name__ == "__main__":
    sys.exit(st.main([second_is_refused_while_the_first_lives, stopped_study_is_not_stopped_again,
                      fenced_while_it_slept_ends_without_harm]))
