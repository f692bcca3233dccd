#!/usr/bin/env bash
# Format every C file of ours, or with --check say which are not formatted.
set -eu
cd "$(dirname "$0")/.."
files=$(git ls-files '*.c' '*.h')
if [ "${1:-}" = --check ]; then
    # shellcheck disable=SC2086
    exec clang-format --dry-run --Werror $files
fi
# shellcheck disable=SC2086
exec clang-format -i $files
