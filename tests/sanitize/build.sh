#!/bin/bash
# build.sh PRESET DIR [TARGET|-DNAME=VALUE...] - configures and builds with a preset into DIR; says little
# when all is well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
preset=$1 dir=$2
shift 2
settings=() targets=()
for word; do
    if [[ $word == -D* ]]; then settings+=("$word"); else targets+=(--target "$word"); fi
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { cmake --preset "$preset" -B "$dir" "${settings[@]}" && cmake --build "$dir" "${targets[@]}"; } \
    >"$log" 2>&1; then
    grep -E -A 12 'error|FAILED|CMake Error' "$log" | tail -n 80
    exit 1
fi
tail -n 1 "$log"
