#!/bin/sh
# live.sh BUILD - a study in a shell of its own, seen and steered from another: status
# while it runs, stop, resume with other limits, logs of a failed trial, results, replay.
set -u
build=$(cd "$1" && pwd)
winnow=$build/winnow
work=$(mktemp -d)
runner=
cleanup() {
    [ -z "$runner" ] || kill -9 "$runner" 2>/dev/null
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit 2
unset WINNOW_DIR
fail() {
    echo "live.sh: $*" >&2
    tail -n 20 run.log follow.log >&2
    exit 1
}
expect() { # WHAT WANTED SEEN
    [ "$2" = "$3" ] || fail "$1: $3 instead of $2"
}

# A program that nobody may touch; one value of x crashes it.
cat >train.sh <<'END'
[ "$2" != 3 ] || { echo "no luck with x=3"; exit 7; }
epoch=0
while [ $epoch -lt 40 ]; do
    epoch=$((epoch + 1))
    echo "[tune-metric]: {\"epoch\": $epoch, \"loss\": 1.$2}"
    sleep 0.02
done
END
cat >job.json <<'END'
{
  "name": "live",
  "trial": {"command": ["/bin/sh", "{job_dir}/train.sh"], "retries": 0, "protocol": "stdout"},
  "space": {"x": {"type": "int", "low": 1, "high": 9}},
  "metric": {"name": "loss"},
  "resource": {"max": 40},
  "scheduler": {"type": "fifo"},
  "searcher": {"type": "grid", "order": "sequential"},
  "initial": []
}
END

"$winnow" run job.json --slots 2 >run.log 2>&1 &
runner=$!
# Wait for the crash and a report, asking the study itself.
n=0
until "$winnow" status live --json 2>/dev/null | grep -q '"failed": 1, "reports": [1-9]'; do
    n=$((n + 1))
    [ $n -lt 600 ] || fail "nothing was reported"
    kill -0 $runner 2>/dev/null || fail "the run has ended"
    sleep 0.05
done
"$winnow" status live | head -n 1 | grep -q 'study live: running on' || fail "not running"
"$winnow" status --follow live >follow.log 2>&1 &
follower=$!
"$winnow" results live 2>results.log
expect "results beside a run" 2 $?
"$winnow" stop --wait live || fail "stop: $?"
wait $runner
expect "a stopped run" 75 $?
runner=
wait $follower
expect "follow of a stopped run" 75 $?
"$winnow" status live >status.log
expect "status of a stopped study" 75 $?
grep -q 'stopped before the end' status.log || fail "$(cat status.log)"
"$winnow" logs 2 live | grep -q 'no luck with x=3' || fail "the output of trial 2 is gone"

# With another seed nothing is opened; with another limit it goes on.
"$winnow" run job.json --set seed=2 >refused.log 2>&1
expect "another seed" 2 $?
grep -q 'seed: the study has 1, the job has 2' refused.log || fail "$(cat refused.log)"
"$winnow" run job.json --slots 2 --set stop.trials_finished=6 >run.log 2>&1
expect "the resumed run" 0 $?
grep -q 'complete: stop.trials_finished was reached' run.log || fail "not complete"
grep -q ' live opened for the first time on .*, 0 trials so far$' live/winnow.log &&
    grep -q ' live opened again on ' live/winnow.log &&
    grep -q ': 2 slots of 1 core, ' live/winnow.log || fail "$(cat live/winnow.log)"
"$winnow" status live >/dev/null
expect "status of a complete study" 0 $?
"$winnow" replay live >/dev/null || fail "replay: $?"
best=$("$winnow" best live --command) || fail "best: $?"
expect "the best command" "/bin/sh $(pwd -P)/train.sh --x 1" "$best"
rm live/results.h5
"$winnow" results live >/dev/null || fail "results: $?"
[ -s live/results.h5 ] || fail "no results.h5"

# A simulation that takes its time tells how far it is, and where it was interrupted.
sed 's|"command": .*|"runner": "function"},|; /searcher/d' job.json >virtual.json
"$winnow" simulate virtual.json --set space.x.high=1000000000 --set stop.trials_started=1000000 \
    2>run.log >closing.log &
runner=$!
n=0
until grep -q ' of virtual time  best loss ' run.log; do
    n=$((n + 1))
    [ $n -lt 600 ] || fail "a simulation tells nothing"
    kill -0 $runner 2>/dev/null || fail "the simulation has ended"
    sleep 0.05
done
kill -TERM $runner
wait $runner
expect "an interrupted simulation" 1 $?
runner=
tail -n 1 run.log | grep -q 'interrupted after .* of virtual time$' || fail "no word of it"
[ ! -s closing.log ] || fail "progress is no result"
exit 0
