#!/bin/sh
# mlp_flags.sh - wrong flags end with 2 and a message that says what is allowed; wrong
# files with 1.
# Usage: mlp_flags.sh MLP
set -u
mlp=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# refuses CODE TEXT FLAGS...: the exit status, and what the message must hold.
refuses() {
    code=$1
    text=$2
    shift 2
    "$mlp" "$@" >"$dir/out" 2>"$dir/err"
    rc=$?
    if [ $rc -ne "$code" ] || ! grep -qF -- "$text" "$dir/err"; then
        echo "mlp $*: rc $rc, not $code, or no '$text' in: $(cat "$dir/err")"
        failed=1
    fi
    [ ! -s "$dir/out" ] || { echo "mlp $*: trained all the same"; failed=1; }
}

refuses 2 "'--widht' is no flag of this program; there are --optimizer" --widht 8
refuses 2 "'width' is no flag" width 8
refuses 2 "'--' is no flag" --
refuses 2 "'' is no flag" ''
refuses 2 "--lr needs a value" --lr
refuses 2 "--lr must be a number from 1e-12 to 1000000000, not 'fast'" --lr fast
for value in 0 -1 nan inf '' '0.1x' '1e10'; do
    refuses 2 "not '$value'" --lr "$value"
done
refuses 2 "--width must be a whole number from 1 to 8192, not '8.5'" --width 8.5
refuses 2 "not '99999999999999999999'" --width 99999999999999999999
refuses 2 "--depth must be a whole number from 1 to 3, not '4'" --depth 4
refuses 2 "not '0'" --batch 0
refuses 2 "not '1'" --dropout 1
refuses 2 "not '-0.1'" --weight_decay -0.1
refuses 2 "--optimizer must be sgd or adam, not 'Adam'" --optimizer Adam
refuses 2 "relu or tanh or logistic, not 'gelu'" --activation gelu
refuses 2 "--momentum belongs to --optimizer sgd" --momentum 0.9
refuses 2 "--final must be 0 or 1, not '2'" --final 2
refuses 2 "--save-at needs --save" --save-at 3
refuses 2 "--final 1 runs alone" --final 1 --save "$dir/x"
refuses 1 "cannot open the data file /nonexistent" --data /nonexistent
refuses 1 "missing or no checkpoint" --restore "$dir"
printf '1,2,3\n' >"$dir/short.csv"
refuses 1 "short.csv:1: not 64 pixels" --data "$dir/short.csv"
"$mlp" --width 8 --epochs 1 --save "$dir/c" >/dev/null || failed=1
refuses 1 "is of width 8, this training of 9" --width 9 --restore "$dir/c"
refuses 1 "is of depth 1, this training of 2" --width 8 --depth 2 --restore "$dir/c"
"$mlp" --help | grep -q -- '--weight_decay' || { echo "no help"; failed=1; }
exit $failed
