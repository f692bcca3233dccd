#!/bin/sh
# compare.sh BUILD LAUNCH... - a comparison over ranks: all of them killed in the middle and
# gone on with, one of them lost, each time the same file as without any of that. LAUNCH is
# mpirun with its options, up to -n.
set -u
build=$(cd "$1" && pwd)
shift
winnow=$build/winnow
job=$(cd "$(dirname "$0")/../.." && pwd)/jobs/compare.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
fail() {
    echo "compare.sh: $*" >&2
    tail -n 20 ./*.out >&2
    exit 1
}

# wait_for FILE BYTES: until a file is that long; it grows by every run that ends.
wait_for() {
    n=0
    until [ -f "$1" ] && [ "$(wc -c <"$1")" -gt "$2" ]; do
        n=$((n + 1))
        [ $n -lt 600 ] || fail "$1 does not grow"
        sleep 0.02
    done
}

# Each rank says who it is, then becomes winnow.
cat >rank.sh <<'END'
echo $$ >pid.$OMPI_COMM_WORLD_RANK
exec "$@"
END

"$winnow" compare run "$job" --set seeds=12 --output alone.h5 >alone.out 2>&1 ||
    fail "alone: $?"
[ ! -e alone.h5.log ] || fail "the log is left"

# Killed in the middle, all of them; mpirun too, which would only wait.
"$@" -n 3 sh rank.sh "$winnow" compare run "$job" --set seeds=12 --output b.h5 >b.out 2>&1 &
launcher=$!
wait_for b.h5.log 2000
kill -9 "$(cat pid.0)" "$(cat pid.1)" "$(cat pid.2)"
wait $launcher # whatever mpirun thinks of it
[ -s b.h5.log ] || fail "a killed comparison has no log"
"$winnow" compare show b.h5 --csv >show.csv 2>missing.out || fail "show beside the log: $?"
grep -q '^missing: ' missing.out || fail "nothing is said to be missing"
"$@" -n 2 "$winnow" compare run "$job" --set seeds=12 --output b.h5 >again.out 2>&1 ||
    fail "going on: $?"
grep -Eq ' runs made in .*, [1-9][0-9]* were there' again.out || fail "nothing was there"
cmp alone.h5 b.h5 || fail "the file tells of the kill"

# One rank is lost, and mpirun told to go on: its run goes to another.
rm -f pid.*
OMPI_MCA_orte_enable_recovery=1 "$@" -n 3 sh rank.sh \
    "$winnow" compare run "$job" --set seeds=12 --output c.h5 >c.out 2>&1 &
launcher=$!
wait_for c.h5.log 2000
kill -9 "$(cat pid.2)"
wait $launcher
grep -q ' 120 runs made' c.out || fail "the others did not go on"
"$@" -n 2 "$winnow" compare run "$job" --set seeds=12 --output c.h5 >c2.out 2>&1 ||
    fail "after a loss: $?"
cmp alone.h5 c.h5 || fail "the file tells of the loss"

# Runs that train for real: two groups of two ranks, then nothing is left to do; alone too.
cat >train.sh <<'END'
for epoch in 1 2 3; do
    echo "[tune-metric]: {\"epoch\": $epoch, \"loss\": $epoch.$2}"
done
END
cat >real.json <<'END'
{"name": "real", "seeds": 2, "workers": 2, "ranks": 2,
 "job": {"trial": {"command": ["/bin/sh", "{job_dir}/train.sh"], "protocol": "stdout"},
         "space": {"x": {"type": "int", "low": 1, "high": 9}},
         "metric": {"name": "loss"}, "resource": {"max": 3}, "stop": {"trials_finished": 4}},
 "benchmarks": {"sh": {}}, "methods": {"random": {}, "asha": {}}}
END
"$@" -n 5 "$winnow" compare run real.json >real.out 2>&1 || fail "groups: $?"
grep -q ' 4 runs made' real.out || fail "not all was trained"
grep -q 'idle' real.out && fail "idle ranks are said where there are none"
"$winnow" trials real.h5.studies/asha/sh/2.1 | grep -q completed || fail "no study is left"
rm real.h5
"$@" -n 5 "$winnow" compare run real.json >real.out 2>&1 || fail "finished studies: $?"
grep -q ' 4 runs made' real.out || fail "finished studies are not read"
"$@" -n 4 "$winnow" compare run real.json --seed 0 --output idle.h5 >idle.out 2>&1 ||
    fail "a rank left over: $?"
[ "$(grep -c '^winnow: 1 rank is idle: .* 1 group of 2 can be made$' idle.out)" = 1 ] ||
    fail "the idle rank is not said once"
"$winnow" compare run real.json --set ranks=1 --output alone2.h5 >alone2.out 2>&1 || fail "alone: $?"
"$winnow" compare run real.json --output alone3.h5 >alone3.out 2>&1 && fail "groups without ranks"
grep -q 'at least 3 ranks' alone3.out || fail "what is missing is not said"

# Mistakes end all ranks with one message.
"$@" -n 3 "$winnow" compare run "$job" --set methods.asha.scheduler.type=x >d.out 2>&1 &&
    fail "a mistake is accepted"
[ "$(grep -c 'scheduler.type: must be' d.out)" = 1 ] || fail "the mistake is not told once"
exit 0
