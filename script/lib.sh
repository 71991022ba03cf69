# SPDX-License-Identifier: Apache-2.0
# Shared by the scripts of this folder; sourced, bash.

# shellcheck shell=bash
SMP_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
SMP_BUILD=$SMP_ROOT/build
SMP_VENV=$SMP_BUILD/venv

say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

die() {
    say "$@"
    exit 1
}

# The number of jobs: $SMP_JOBS, else what the machine has.
jobs_count() {
    printf '%s\n' "${SMP_JOBS:-$(nproc 2>/dev/null || echo 2)}"
}

# configure_preset PRESET: once, and again when the presets have changed.
configure_preset() {
    local dir=$SMP_BUILD/$1
    if [ ! -f "$dir/build.ninja" ] ||
            [ "$SMP_ROOT/CMakePresets.json" -nt "$dir/build.ninja" ]; then
        (cd "$SMP_ROOT" && cmake --preset "$1")
    fi
}

# build_preset PRESET [TARGET...]
build_preset() {
    local dir=$SMP_BUILD/$1
    shift
    ninja -C "$dir" -j "$(jobs_count)" "$@"
}
