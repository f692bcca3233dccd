#!/usr/bin/env bash
# Install into a prefix, build a trial program against it with CMake and by hand, and run
# studies of both and of a Python program with the installed winnow.
#   install.sh BUILD
set -eu
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "install: $1" >&2; exit 1; }

cmake --install "$build" --prefix "$work/prefix" >"$work/log" || { cat "$work/log"; fail "cmake --install failed"; }

mkdir "$work/mine"
cat >"$work/mine/mine.c" <<'C'
#include <winnow/trial.h>

int main(int argc, char **argv)
{
    struct winnow_trial *t = winnow_begin(argc, argv);
    double x = winnow_double(t, "x", 0);
    long last = winnow_max_resource(t, 3);

    for (long step = winnow_restore_resource(t) + 1; step <= last; step++) {
        winnow_metric(t, "loss", (x - 0.5) * (x - 0.5) + 1.0 / (double)step);
        if (winnow_report(t, step) != WINNOW_CONTINUE)
            break;
    }
    winnow_end(t);
    return 0;
}
C
cat >"$work/mine/CMakeLists.txt" <<'C'
cmake_minimum_required(VERSION 3.16)
project(mine C)
find_package(winnow CONFIG REQUIRED)
add_executable(mine mine.c)
target_link_libraries(mine winnow::winnow_trial)
C
cmake -G Ninja -S "$work/mine" -B "$work/mine/build" -DCMAKE_PREFIX_PATH="$work/prefix" >"$work/log" 2>&1 &&
    cmake --build "$work/mine/build" >>"$work/log" 2>&1 || { cat "$work/log"; fail "find_package(winnow) does not serve"; }
lib=$(dirname "$(find "$work/prefix" -name 'libwinnow_trial.a')")
cc "$work/mine/mine.c" -I "$work/prefix/include" -L "$lib" -lwinnow_trial -o "$work/mine/by-hand" ||
    fail "the library does not link by hand"

cat >"$work/mine/mine.py" <<'P'
import winnow
t = winnow.begin()
x = float(t.get("x", 0))
for step in range(t.restore_resource + 1, t.max_resource(3) + 1):
    if t.report(step, loss=(x - 0.5) ** 2 + 1 / step) != winnow.CONTINUE:
        break
t.end()
P

study() { # name, command as JSON
    cat >"$work/$1.json" <<J
{"name": "$1", "trial": {"command": $2}, "space": {"x": {"type": "float", "low": 0, "high": 1}},
 "metric": {"name": "loss"}, "resource": {"name": "step", "max": 3}, "stop": {"trials_started": 4}}
J
    (cd "$work" && env -u PYTHONPATH timeout 60 "$work/prefix/bin/winnow" run "$1.json" --quiet) >"$work/log" 2>&1 ||
        { cat "$work/log"; fail "the study $1 failed"; }
    n=$("$work/prefix/bin/winnow" trials "$work/$1" | grep -c completed || true)
    [ "$n" -ge 1 ] || { "$work/prefix/bin/winnow" trials "$work/$1"; fail "no trial of $1 was completed"; }
}
study cmake '["./mine/build/mine"]'
study by-hand '["./mine/by-hand"]'
study python '["/usr/bin/python3", "{job_dir}/mine/mine.py"]'
"$work/prefix/bin/winnow" simulate "$work/prefix/share/winnow/jobs/simulate.json" >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "the installed job cannot be simulated"; }
echo "installed, linked and run"
