#!/usr/bin/env bash
# Set up, build with warnings as errors, and run every test but the slow campaigns.
#
#   tests/run.sh [options of ctest]      e.g. tests/run.sh -L unit
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh --tests
[ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
cmake --build --preset dev -- --quiet
cd build/dev
[ $# -gt 0 ] || set -- -LE slow
exec ctest --output-on-failure -j "$(nproc)" "$@"
