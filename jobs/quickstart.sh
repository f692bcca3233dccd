#!/usr/bin/env bash
# From a bare Debian 12 to a tuned neural network: install what is missing, build, and
# run jobs/quickstart.json under mpirun with one coordinator and four workers; then train
# the best configuration again on train and validation data and print its test accuracy.
#
#   jobs/quickstart.sh [WORKERS [any options of `winnow run`]]
set -eu
cd "$(dirname "$0")/.."
workers=${1:-4}
[ $# -gt 0 ] && shift

scripts/setup.sh
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release -- --quiet

study=${WINNOW_DIR:-$PWD/studies}/digits-mlp
# mpirun stands under setsid, so that Ctrl-C reaches this script and not the ranks: under
# bare mpirun they would have two seconds left. USR1 to mpirun drains the study instead.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
setsid mpirun --oversubscribe --bind-to none -n $((workers + 1)) \
    build/release/winnow run jobs/quickstart.json --study "$study" "$@" &
mpirun=$!
trap 'kill -USR1 "$mpirun" 2>/dev/null || true' INT TERM
status=0
while :; do
    status=0
    wait "$mpirun" || status=$?
    kill -0 "$mpirun" 2>/dev/null || break
done
[ "$status" -eq 0 ] || exit "$status"

echo
echo "Training the best configuration again, on train and validation data, for 81 epochs:"
command=$(build/release/winnow best "$study" --command)
eval "$command --final 1 --epochs 81" | tail -n 1
