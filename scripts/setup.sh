#!/usr/bin/env bash
# Install what Winnow is built from, if it is missing. As root, or through sudo without a
# password; otherwise the missing packages are listed, with the names a cluster's modules
# or Spack would have, and the exit status is 2.
#
#   scripts/setup.sh            to build and run
#   scripts/setup.sh --tests    also what the tests need (clang, Slurm, h5py, gnuplot ...)
#
# Debian 12; Ubuntu 24.04 has the same names (untested).
set -eu

build=(gcc libc6-dev cmake ninja-build pkg-config libopenmpi-dev openmpi-bin libhdf5-dev
       libcjson-dev libhwloc-dev zlib1g-dev libzip-dev libopenblas-dev)
tests=(libcmocka-dev clang clang-format clang-tidy libclang-rt-14-dev python3 python3-sklearn
       python3-h5py hdf5-tools hwloc-nox slurm-wlm slurmctld slurmd slurm-client munge git
       util-linux procps gnuplot-nox)

wanted=("${build[@]}")
[ "${1:-}" = --tests ] && wanted+=("${tests[@]}")

missing=()
for package in "${wanted[@]}"; do
    # hwloc and hwloc-nox are two builds of one thing: either will do.
    if [ "$package" = hwloc-nox ] && dpkg-query -W -f='${Status}' hwloc 2>/dev/null | grep -q ' installed'; then
        continue
    fi
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root=(sudo -n env)
    else
        as_root=(none)
    fi
fi
if [ "${as_root[0]:-}" = none ] || ! command -v apt-get >/dev/null; then
    cat >&2 <<EOF
winnow: these packages are missing, and this script may not install them:

    ${missing[*]}

As root on Debian or Ubuntu:

    apt-get install ${missing[*]}

On a cluster load or install the same by module or Spack (names vary by site):

    module load gcc cmake ninja openmpi hdf5 hwloc openblas zlib libzip
    spack install cjson hdf5~mpi hwloc libzip openblas openmpi zlib cmocka cmake ninja pkgconf
EOF
    exit 2
fi

export DEBIAN_FRONTEND=noninteractive
echo "winnow: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; }
if ! install; then
    "${as_root[@]}" apt-get update >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
    install || { cat "$log" >&2; exit 1; }
fi
