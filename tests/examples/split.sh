#!/bin/sh
# split.sh - the C and the Python reader make the same split, row by row.
# Usage: split.sh TEST_MLP_DATA PYTHON
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"$1" --print >"$dir/c"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$root/examples/python "$2" - >"$dir/python" <<'PYTHON'
import digits
import numpy as np

table = np.loadtxt(digits.PATH, delimiter=",")
lines = sum(digits.split(table[:, 64]), [])
parts = digits.load()
for line, x in zip(lines, np.vstack([x for x, _ in parts])):
    print("{} {:.4f}".format(line, x[20]))
PYTHON
[ "$(wc -l <"$dir/c")" -eq 1797 ] || { echo "not 1797 rows: $(wc -l <"$dir/c")"; exit 1; }
diff "$dir/c" "$dir/python"
