#!/bin/sh
# mlp_resume.sh - a training resumed from a checkpoint goes on bit for bit: the reports
# after it and the last checkpoint, weights and all, equal an uninterrupted training's.
# Usage: mlp_resume.sh MLP
set -eu
mlp=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# check KEPT FLAGS...: KEPT is the epoch of the checkpoint, of 6.
check() {
    kept=$1
    shift
    rm -rf "$dir/at" "$dir/end" "$dir/resumed"
    "$mlp" "$@" --epochs 6 --save "$dir/at" --save-at "$kept" >"$dir/whole.txt"
    "$mlp" "$@" --epochs 6 --save "$dir/end" >/dev/null
    "$mlp" "$@" --epochs 6 --restore "$dir/at" --save "$dir/resumed" >"$dir/rest.txt"
    [ "$(wc -l <"$dir/whole.txt")" -eq 6 ] || { echo "not 6 reports: $*"; failed=1; }
    tail -n +$((kept + 1)) "$dir/whole.txt" >"$dir/expected.txt"
    diff "$dir/expected.txt" "$dir/rest.txt" || { echo "other reports: $*"; failed=1; }
    cmp "$dir/end/checkpoint.h5" "$dir/resumed/checkpoint.h5" ||
        { echo "other weights: $*"; failed=1; }
}

for activation in relu tanh logistic; do
    check 1 --optimizer sgd --lr 0.1 --activation $activation
    check 3 --optimizer sgd --lr 0.05 --momentum 0.9 --activation $activation --depth 2 --batch 16
    check 2 --optimizer adam --activation $activation --width 33 --dropout 0.3 --weight_decay 0.01
    check 5 --optimizer adam --activation $activation --depth 3 --dropout 0.1 --batch 128
done
check 4 --optimizer sgd --momentum 0.99 --lr 1e9 --depth 3 # diverged: that goes on too
grep -qi nan "$dir/rest.txt" || { echo "that did not diverge"; failed=1; }
"$mlp" --epochs 6 --save "$dir/whole" >/dev/null
"$mlp" --epochs 6 --restore "$dir/whole" >"$dir/rest.txt" # nothing left to do
[ ! -s "$dir/rest.txt" ] || { echo "trained beyond the end"; failed=1; }
exit $failed
