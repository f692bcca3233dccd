#!/bin/sh
# quickstart_seeds.sh - the quickstart over many study seeds: is its promise kept?
#
#     tests/examples/quickstart_seeds.sh [-b BUILD] [-s SEEDS] [-m MEDIAN] [-k DIR]
#
# For each seed 1..SEEDS (20): run jobs/quickstart.json under that seed, train the best
# trial again on train and validation data (`mlp --final 1`), and note the test accuracy.
# Prints one line a seed and the median; exit 1 when it is below MEDIAN (0.97), 2 on
# wrong use. BUILD (build/release) holds the programs. Studies are made in a temporary
# folder and removed, or kept in DIR with -k. With an mpirun in the path 1 coordinator
# and 4 workers run as in the quickstart, else the loopback transport; WINNOW_RUN
# replaces the launcher ("" for none). Takes SEEDS times the study's 40 s.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
build=$root/build/release
seeds=20
wanted=0.97
keep=
while getopts b:s:m:k: flag; do
    case $flag in
    b) build=$OPTARG ;;
    s) seeds=$OPTARG ;;
    m) wanted=$OPTARG ;;
    k) keep=$OPTARG ;;
    *) sed -n 's/^#     //p' "$0" >&2; exit 2 ;;
    esac
done
winnow=$build/winnow
[ -x "$winnow" ] || { echo "quickstart_seeds: no $winnow; build it first" >&2; exit 2; }
if [ -z "${WINNOW_RUN+set}" ]; then
    WINNOW_RUN=
    if command -v mpirun >/dev/null; then
        WINNOW_RUN='timeout -k 5 120 mpirun -n 5 --oversubscribe'
        [ "$(id -u)" -ne 0 ] || WINNOW_RUN="$WINNOW_RUN --allow-run-as-root"
    fi
fi
if [ -n "$keep" ]; then
    mkdir -p "$keep" && dir=$(cd "$keep" && pwd) || exit 2
else
    dir=$(mktemp -d) || exit 2
    trap 'rm -rf "$dir"' EXIT
    trap 'exit 1' INT TERM
fi

: >"$dir/accuracies"
seed=1
while [ "$seed" -le "$seeds" ]; do
    study=$dir/seed-$seed
    # shellcheck disable=SC2086 # the launcher is several words
    if ! $WINNOW_RUN "$winnow" run "$root/jobs/quickstart.json" --study "$study" \
        --set "seed=$seed" >"$dir/run.log" 2>&1 </dev/null; then
        echo "quickstart_seeds: the study of seed $seed failed:" >&2
        tail -n 20 "$dir/run.log" >&2
        exit 1
    fi
    command=$("$winnow" best "$study" --command) || exit 1
    # The line is quoted for a shell by `best --command`: that is what it is for.
    last=$(sh -c "$command --final 1 --epochs 81" 2>"$dir/final.log" | tail -n 1)
    accuracy=${last#test accuracy }
    case $accuracy in
    [01].[0-9]*) ;;
    *)
        echo "quickstart_seeds: no test accuracy of seed $seed: $command" >&2
        cat "$dir/final.log" >&2
        exit 1
        ;;
    esac
    echo "$accuracy" >>"$dir/accuracies"
    echo "seed $seed test accuracy $accuracy"
    seed=$((seed + 1))
done
sort -n "$dir/accuracies" | awk -v wanted="$wanted" '
    { a[NR] = $1 }
    END {
        median = NR % 2 ? a[(NR + 1) / 2] : (a[NR / 2] + a[NR / 2 + 1]) / 2
        printf "median test accuracy %.4f of %d seeds, lowest %.4f, wanted %.4f\n",
               median, NR, a[1], wanted
        exit !(median >= wanted)
    }'
