#!/usr/bin/env bash
# The ranks of a node share its cores, the coordinator too when it has slots of its own:
# read back what each worker says it has.
#   ranks.sh WINNOW MPIRUN
set -eu
winnow=$1 mpirun=$2
[ "$(nproc)" -ge 2 ] || { echo "one core: nothing to compare"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/job.json" <<J
{"name": "ranks", "trial": {"command": ["/usr/bin/printf", "[tune-metric]: {\\"loss\\": {x}}\\\\n"], "pass": "template"},
 "space": {"x": {"type": "float", "low": 0, "high": 1}},
 "metric": {"name": "loss"}, "resource": {"max": 1}, "scheduler": {"type": "fifo"}, "stop": {"trials_started": 2}}
J
timeout -k 5 60 "$mpirun" --oversubscribe --bind-to none -n 2 "$winnow" run "$work/job.json" \
    --study "$work/study" --coordinator-slots 1 --quiet >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
grep -o 'worker [01] on .*' "$work/study/winnow.log" | sort -u
python3 - "$work/study/winnow.log" <<'P'
import re, sys
def cpus(text):
    return {c for part in text.split(",") for a, _, b in [part.partition("-")] for c in range(int(a), int(b or a) + 1)}
found = dict(re.findall(r"worker ([01]) on .* cpus ([0-9,-]+),", open(sys.argv[1]).read()))
if len(found) != 2:
    sys.exit("not both workers said what they have")
both = cpus(found["0"]) & cpus(found["1"])
if both:
    sys.exit("both workers have processors %s" % sorted(both))
P
