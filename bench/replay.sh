#!/bin/bash
# replay.sh - file replay, one thread: lines a CPU-second, Avro in and Avro out.
#     bench/replay.sh [LINES] [RUNS]       2,000,000 lines, median of 5 runs
# PROGRAM is build/release/bundelwacht when not set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/measure.sh
lines=${1:-2000000}
runs=${2:-5}
program=${PROGRAM:-build/release/bundelwacht}
work=$(mktemp -d "${TMPDIR:-/tmp}/bundelwacht-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT

machine
for mix in identity national; do
    "$program" generate --lines "$lines" --mix "$mix" --out "$work/$mix.avro" 2>/dev/null
done
say "$lines lines, median of $runs runs with one thread, book config/book.yaml"
for mix in identity national; do
    for decisions in bundles all; do
        for ((run = 0; run < runs; run++)); do
            rm -rf "$work/out"
            cpu_of "$program" replay --book config/book.yaml --threads 1 --format avro --decisions \
                "$decisions" --out "$work/out" \
                "$work/$mix.avro"
        done >"$work/times"
        cpu=$(cut -d' ' -f1 "$work/times" | median)
        printf '%-9s %-8s %s M lines a CPU-second (%s to %s)\n' "$mix" "$decisions" \
            "$(millions "$lines" "$cpu")" \
            "$(millions "$lines" "$(cut -d' ' -f1 "$work/times" | sort -g | tail -n 1)")" \
            "$(millions "$lines" "$(cut -d' ' -f1 "$work/times" | sort -g | head -n 1)")"
    done
done
