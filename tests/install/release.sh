#!/usr/bin/env bash
# release.sh - the release preset needs nothing that `scripts/setup.sh` installs only for
# the tests: it configures where pkg-config knows no CMocka, as on a fresh machine.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/pc"
for dir in $(pkg-config --variable pc_path pkg-config | tr : ' '); do
    for file in "$dir"/*.pc; do
        case $file in
        *'/*.pc' | */cmocka.pc) ;;
        *) [ -e "$work/pc/${file##*/}" ] || ln -s "$file" "$work/pc/" ;;
        esac
    done
done
export PKG_CONFIG_LIBDIR=$work/pc
unset PKG_CONFIG_PATH
if pkg-config --exists cmocka; then
    echo "CMocka could not be hidden" >&2
    exit 1
fi
cd "$root"
cmake --preset release -B "$work/build" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
echo "configured without CMocka"
