#!/bin/sh
# transcript.sh - run the commands of a transcript again and compare what they print.
#
#     tests/cli/transcript.sh [-u] BUILD FILE
#
# In FILE a line `$ COMMAND` is run by this shell in a temporary folder, with BUILD/winnow
# and BUILD/tests in the path; below it stands what it printed: standard output as it is,
# lines of standard error behind `! `, and [CODE] when the exit status is not 0. The
# temporary folder is written as DIR and the source tree as SOURCE, lines `# ` are
# comments. -u writes what is printed now into FILE: look at the difference before
# committing it. Exit status: 0 the same, 1 different, 2 wrong usage.
set -u
update=
if [ "${1-}" = -u ]; then
    update=yes
    shift
fi
if [ $# -ne 2 ] || [ ! -x "$1/winnow" ] || [ ! -r "$2" ]; then
    echo "usage: transcript.sh [-u] BUILD FILE" >&2
    exit 2
fi
build=$(cd "$1" && pwd)
file=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
SOURCE=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/here"
cd "$work/here" || exit 2
PATH=$build:$build/tests:$PATH
LC_ALL=C
export PATH LC_ALL SOURCE
unset WINNOW_DIR ARGP_HELP_FMT NO_COLOR

while IFS= read -r line; do
    case $line in
    '# '*) printf '%s\n' "$line" ;;
    '$ '*)
        printf '%s\n' "$line"
        (eval "${line#??}") >"$work/out" 2>"$work/err" </dev/null
        code=$?
        cat "$work/out"
        sed 's/^/! /' "$work/err"
        [ $code -eq 0 ] || echo "[$code]"
        ;;
    esac
done <"$file" | sed "s|$work/here|DIR|g; s|$SOURCE|SOURCE|g" >"$work/now"

if [ -n "$update" ]; then
    cp "$work/now" "$file"
elif ! diff -u "$file" "$work/now"; then
    exit 1
fi
