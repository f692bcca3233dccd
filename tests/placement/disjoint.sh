#!/usr/bin/env bash
# Run two trials at once in two slots of one worker and compare the processors that each
# finds in its /proc/self/status, and the threads it is told to use. Each waits for the
# other to have written, so both surely ran at the same time.
#   disjoint.sh BUILD
set -eu
build=$1
[ "$(nproc)" -ge 2 ] || { echo "one core: nothing to compare"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/trial.py" <<'P'
import os, sys, time
sys.path.insert(0, os.environ["WN_TEST_PYTHON"])
import winnow
t = winnow.begin()
mine = "%s/cpus.%s" % (t.get("folder"), t.id)
status = dict(l.split(":", 1) for l in open("/proc/self/status") if ":" in l)
with open(mine + ".new", "w") as f:
    f.write(status["Cpus_allowed_list"].strip() + " " + os.environ.get("OMP_NUM_THREADS", "-") + "\n")
os.rename(mine + ".new", mine)
until = time.time() + 30
while len([n for n in os.listdir(t.get("folder")) if n[-1].isdigit()]) < 2 and time.time() < until:
    time.sleep(0.01)
t.report(1, loss=0.0)
t.end()
P
mkdir "$work/out"
cat >"$work/job.json" <<J
{"name": "disjoint", "trial": {"command": ["/usr/bin/python3", "$work/trial.py"]},
 "space": {"x": {"type": "float", "low": 0, "high": 1}, "folder": "$work/out"},
 "metric": {"name": "loss"}, "resource": {"max": 1}, "scheduler": {"type": "fifo"}, "stop": {"trials_started": 2}}
J
WN_TEST_PYTHON=$build/python timeout 100 "$build/winnow" run "$work/job.json" --study "$work/study" --slots 2 --quiet >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
read -r cpus0 threads0 <"$work/out/cpus.0"
read -r cpus1 threads1 <"$work/out/cpus.1"
echo "trial 0: cpus $cpus0, threads $threads0; trial 1: cpus $cpus1, threads $threads1"
python3 - "$cpus0" "$cpus1" <<'P'
import sys
def cpus(text):
    out = set()
    for part in text.split(","):
        a, _, b = part.partition("-")
        out |= set(range(int(a), int(b or a) + 1))
    return out
a, b = map(cpus, sys.argv[1:])
if a & b:
    sys.exit("both trials may use processors %s" % sorted(a & b))
P
[ "$threads0" = 1 ] && [ "$threads1" = 1 ] || { echo "OMP_NUM_THREADS is not the slot's cores"; exit 1; }
