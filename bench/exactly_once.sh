#!/bin/bash
# exactly_once.sh - what exactly-once costs: the same program with transactions, and without
# (bench/at_least_once.c, preloaded), in turn on one broker, at commit intervals of 50, 200 and 1000 ms. Lines
# a second of wall time and CPU of the client; ratios within a round. bench/exactly_once.sh [LINES] [RUNS]
# [WORKERS]     3,000,000 lines, median of 5 rounds, 2 workers
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/measure.sh
lines=${1:-3000000}
runs=${2:-5}
workers=${3:-2}
program=${PROGRAM:-build/release/bundelwacht}
work=$(mktemp -d "${TMPDIR:-/tmp}/bundelwacht-bench-XXXXXX")
broker=$work/broker
trap 'tests/kafka/kafka.sh stop "$broker" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

machine
${CC:-cc} -O2 -std=gnu17 -shared -fPIC bench/at_least_once.c -ldl -o "$work/at_least_once.so"
tests/kafka/kafka.sh start --while $$ "$broker" >/dev/null
servers=$(tests/kafka/kafka.sh bootstrap "$broker")
tests/kafka/kafka.sh topics -d "$broker" --create --topic declarations --partitions 8 --config \
    retention.ms=-1 >/dev/null
"$program" generate --lines "$lines" --mix identity --bootstrap-servers "$servers" --topic declarations \
    --schema-id 1
mkdir -p "$work/schemas" "$work/state"
cp schemas/declaration.avsc "$work/schemas/1.avsc"

# run NAME INTERVAL DECISIONS PRELOAD: CPU and wall seconds
run() {
    LD_PRELOAD=$4 cpu_of "$program" run --until-end --create-topics --workers "$workers" --input-topic \
        declarations --input-group "$1" --app "$1" \
        --input-schemas "$work/schemas" --output-prefix "$1" --output-decisions "$3" --rules-book \
            config/book.yaml --transaction-interval "$2" \
        --state-directory "$work/state" --state-checkpoint-after 24h --kafka "bootstrap.servers=$servers"
}

run warm 200ms all "" >/dev/null
say "$lines lines, 8 partitions, $workers workers, a decision for every line; median of $runs rounds"
for interval in 50ms 200ms 1000ms; do
    for ((round = 0; round < runs; round++)); do
        once=$(run "once-$interval-$round" "$interval" all "")
        least=$(run "least-$interval-$round" "$interval" all "$work/at_least_once.so")
        echo "$once $least" >>"$work/$interval"
    done
    awk -v lines="$lines" '{ printf "%.0f %.0f %.4f %.4f\n", lines / $2, lines / $4, $2 / $4, $1 / $3 }' \
        "$work/$interval" >"$work/rates"
    at() { awk -v at="$1" '{print $at}' "$work/rates" | median; }
    awk -v interval="$interval" -v once="$(at 1)" -v least="$(at 2)" -v wall="$(at 3)" -v cpu="$(at 4)" \
        'BEGIN {
        printf "%6s: exactly once %.0f, at least once %.0f lines a second; " \
               "exactly once takes %.1f %% more time, %.1f %% more CPU\n",
            interval, once, least, (wall - 1) * 100, (cpu - 1) * 100 }'
done
