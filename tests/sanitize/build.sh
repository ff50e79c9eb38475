#!/bin/bash
# build.sh PRESET DIR [TARGET...] - configures and builds with a preset into DIR; says little when all is well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=$1 dir=$2
shift 2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset "$preset" -B "$dir" && cmake --build "$dir" ${1:+--target "$@"}; } >"$log" 2>&1; then
    grep -E -A 12 'error|FAILED|CMake Error' "$log" | tail -n 80
    exit 1
fi
tail -n 1 "$log"
