#!/usr/bin/env bash
# Run a command inside a real Slurm of its own: three virtual nodes on this machine.
#
#   tests/slurm/with-slurm.sh [-n NODES] [-c CPUS_PER_NODE] COMMAND [ARGUMENT...]
#
# As root, with Slurm and munge installed and not necessarily running; exits 77 with a reason
# when something is missing (ctest counts that as skipped). Without a COMMAND's help try
#   tests/slurm/with-slurm.sh bash
#
# Everything lives in namespaces of its own: processes (when this script dies, by whatever
# hand, the kernel kills every daemon and job), network (the fixed ports and the loopback are
# ours alone, so several of these run side by side), mounts (state, sockets and shared memory
# are on a tmpfs nobody else sees, at /mnt) and host names. Nothing is left behind.
set -u

skip() {
    echo "SKIPPED: $*"
    exit 77
}

nodes=3
cpus=2
while getopts n:c: option; do
    case $option in
    n) nodes=$OPTARG ;;
    c) cpus=$OPTARG ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { echo "usage: $0 [-n NODES] [-c CPUS] COMMAND..." >&2; exit 2; }

PATH=$PATH:/usr/sbin:/sbin
[ "$(id -u)" -eq 0 ] || skip "a Slurm of our own needs root"
for program in slurmd slurmctld munged sbatch srun squeue scontrol sinfo unshare setpriv mount; do
    command -v "$program" >/dev/null || skip "$program is not installed"
done

here=$(cd "$(dirname "$0")" && pwd)
spaces=(unshare --mount --pid --fork --kill-child --mount-proc --net --ipc --uts)
"${spaces[@]}" mount -t tmpfs none /mnt 2>/dev/null ||
    skip "this machine does not let root make namespaces and mounts"
# unshare defers TERM and INT until its child ends, and a shell its traps: so it runs beside us,
# is killed at once, and takes process 1, and that everything, along. So it does if we are killed.
setpriv --pdeathsig KILL -- "${spaces[@]}" "$here/inside.sh" "$nodes" "$cpus" "$@" <&0 &
child=$!
trap 'kill -KILL "$child"; exit 143' TERM INT HUP
wait "$child"
