#!/bin/sh
# mlp_training.sh - the program trains: it learns, repeats itself, shows divergence, and
# prints the test accuracy as its last line.
# Usage: mlp_training.sh MLP
set -eu
mlp=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# The last line's test accuracy is at least the first argument.
final_reaches() {
    wanted=$1
    shift
    line=$("$mlp" --final 1 "$@" | tail -n 1)
    echo "$line" | awk -v wanted="$wanted" '
        /^test accuracy [01]\.[0-9][0-9][0-9][0-9]$/ && $3 >= wanted { ok = 1 }
        END { exit !ok }' || { echo "wanted $wanted, got '$line': $*"; failed=1; }
}

final_reaches 0.95 --epochs 27
final_reaches 0.95 --optimizer sgd --lr 0.1 --momentum 0.9 --activation tanh --depth 2 --dropout 0.1
final_reaches 0.95 --optimizer adam --lr 0.01 --activation logistic --batch 16

"$mlp" --epochs 5 >"$dir/a"
"$mlp" --epochs 5 >"$dir/b"
OPENBLAS_NUM_THREADS=2 "$mlp" --epochs 5 >"$dir/c"
"$mlp" --epochs 5 --seed 2 >"$dir/d"
cmp "$dir/a" "$dir/b" || { echo "two equal trainings differ"; failed=1; }
cmp "$dir/a" "$dir/c" || { echo "threads change the training"; failed=1; }
! cmp -s "$dir/a" "$dir/d" || { echo "the seed changes nothing"; failed=1; }
[ "$(wc -l <"$dir/a")" -eq 5 ] || { echo "not a report an epoch"; failed=1; }

"$mlp" --optimizer sgd --lr 1e9 --momentum 0.99 --depth 3 --epochs 3 >"$dir/nan"
[ "$(grep -ci 'nan.*nan' "$dir/nan")" -eq 3 ] || { echo "no nan:"; cat "$dir/nan"; failed=1; }
exit $failed
