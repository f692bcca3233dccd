#!/usr/bin/python3
"""Kill -9 of the whole job at random moments, resumed each time.

    killed.py loopback|mpi N SEED

Studies are run one after the other; each is killed at a seeded number of journal bytes after
its opening, again and again until it gets through, until N kills have struck. With mpirun the
number of ranks changes from run to run, and the victims with it: all ranks and mpirun at once,
the coordinator alone, mpirun alone, or one worker.
"""
import signal
import sys

import study as st


def reach(random):
    """How far a run may get, in bytes of the journal after its start: mostly anywhere in the
    study, sometimes while it opens or closes."""
    return random.choice([1, 100, 300, 600] + [random.randrange(400, 6000) for _ in range(12)])


def strike_mpi(run, random):
    ranks = sorted(run.ranks())
    victim = random.choice(["all", "all", "coordinator", "mpirun", "worker"])
    if victim == "all" or not ranks:
        run.kill_all()
    elif victim == "mpirun":
        run.signal(signal.SIGKILL)
    else:
        st.kill(ranks[0] if victim == "coordinator" else ranks[-1])
    run.wait()


def disturb(study, random, is_mpi, n_left):
    """Run and kill until the study is complete or n_left kills have struck; how many did."""
    n_kills = 0
    while n_kills < n_left:
        run = study.start(n_ranks=random.choice([2, 3, 5]) if is_mpi else 0)
        if not study.wait_for(run, study.bytes() + reach(random)):
            break
        if is_mpi:
            strike_mpi(run, random)
        else:
            run.kill_all()
        n_kills += 1
        study.expect_gone(run)
    study.finish(n_ranks=random.choice([2, 3, 5]) if is_mpi else 0)
    study.check()
    return n_kills


def campaign(make, is_mpi, n_wanted, first_seed):
    n_kills, seed = 0, first_seed - 1
    while n_kills < n_wanted:
        seed += 1
        try:
            study = make("killed", trials=27 if is_mpi else 9, pace_us=1000 * (seed % 2),
                         seed=seed)
            n_kills += disturb(study, st.dice(seed), is_mpi, n_wanted - n_kills)
        except st.Broken as error:
            raise st.Broken("seed %d: %s" % (seed, error))
    print("%d kills in %d studies" % (n_kills, seed - first_seed + 1))


def goes_on_after_every_kill(make):
    campaign(make, sys.argv[1] == "mpi", int(sys.argv[2]), int(sys.argv[3]))


if __name__ == "__main__":
    sys.exit(st.main([goes_on_after_every_kill], arguments=sys.argv[1:]))
