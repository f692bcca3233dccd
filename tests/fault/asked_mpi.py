#!/usr/bin/python3
"""Asked to stop under mpirun: USR1 to mpirun reaches every rank, rank 0 drains. mpirun ends
with rank 0's 75, and another number of ranks goes on."""
import signal
import sys

import asked
import study as st


def usr1_to_mpirun_drains(make):
    asked.trained_once(asked.resumable(make, "usr1", lambda study, run:
                                       run.signal(signal.SIGUSR1), n_ranks=3, then_ranks=2))


def stop_command_drains(make):
    asked.trained_once(asked.resumable(make, "stop", lambda study, run:
                                       study.command("stop", "--wait", study.path),
                                       n_ranks=2, pace_us=60000))


if __name__ == "__main__":
    sys.exit(st.main([usr1_to_mpirun_drains, stop_command_drains]))
