#!/usr/bin/env bash
# clang-tidy over the sources and the bench (not the tests); any finding fails. With arguments: only these.
set -eu
cd "$(dirname "$0")/.."
[ -f build/clang/compile_commands.json ] || cmake --preset clang >/dev/null
if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(git ls-files 'src/*.c' 'examples/*.c' 'bench/*.c'); fi
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy --quiet -p build/clang --warnings-as-errors='*' 2> >(grep -vE 'warnings? generated|Suppressed|Use -header-filter' >&2)
