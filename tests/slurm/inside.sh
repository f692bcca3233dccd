#!/usr/bin/env bash
# Second half of with-slurm.sh, process 1 of the namespaces it made. Not for calling directly:
# outside of them the mounts below would hit the machine.
set -u
nodes=$1
cpus=$2
shift 2
address=10.77.0.1
[ $$ -eq 1 ] || { echo "$0: call with-slurm.sh" >&2; exit 2; }

here=$(cd "$(dirname "$0")" && pwd)
mount -t tmpfs none /mnt && mount -t tmpfs none /dev/shm || exit 1

# A name for every node without asking any server.
hostname wn-head
{
    echo "$address localhost wn-head"
    for ((i = 1; i <= nodes; i++)); do echo "$address n$i"; done
} >/mnt/hosts
mount --bind /mnt/hosts /etc/hosts || exit 1

# The resolver does not count 127.0.0.1 as having IPv4 (AI_ADDRCONFIG), and Slurm then finds no
# address to listen on. A second address beside it confuses Open MPI: so the loopback gets
# another one instead.
/usr/bin/python3 - "$address" <<'PY' || exit 1
import fcntl
import socket
import struct
import sys

SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP_AND_RUNNING = 0x8914, 0x8916, 0x41
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(sys.argv[1]))
    fcntl.ioctl(s, SIOCSIFADDR, struct.pack("16s16s8x", b"lo", address))
    fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP_AND_RUNNING))
PY

"$here/up.sh" /mnt/slurm "$nodes" "$cpus" "$address" || exit 1
. /mnt/slurm/env
"$@"
status=$?
"$here/down.sh" /mnt/slurm
exit "$status"
