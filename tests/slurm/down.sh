#!/usr/bin/env bash
# End the Slurm that up.sh DIR started: its jobs first, then the daemons.
set -u
dir=$1
[ -s "$dir/slurm.conf" ] || exit 0
export SLURM_CONF=$dir/slurm.conf

scancel --full --signal=KILL --state=RUNNING 2>/dev/null
scancel --state=PENDING 2>/dev/null
pids=()
for file in "$dir"/run/slurmd.*.pid "$dir/run/slurmctld.pid" "$dir/munge/pid"; do
    [ -s "$file" ] && pids+=("$(cat "$file")")
done
gone() {
    for pid in "${pids[@]}"; do
        kill -0 "$pid" 2>/dev/null && return 1
    done
    return 0
}
kill "${pids[@]}" 2>/dev/null
for ((look = 0; look < 50; look++)); do
    gone && exit 0
    sleep 0.1
done
kill -KILL "${pids[@]}" 2>/dev/null
exit 0
