#!/bin/bash
# kafka.sh - Kafka to Kafka, exactly once, on a real broker on loopback (tests/kafka), beside a bare consumer
#     of the same topic. bench/kafka.sh [LINES] [RUNS] [WORKERS]       3,000,000 lines, median of 3 rounds, 2
#     workers
# Microseconds of CPU a line, all threads of the client, start and stop included; the broker's CPU is its own.
# In every round the three programs run one after the other, and ratios are taken within the round. PROGRAM is
# build/release/bundelwacht when not set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/measure.sh
lines=${1:-3000000}
runs=${2:-3}
workers=${3:-2}
program=${PROGRAM:-build/release/bundelwacht}
work=$(mktemp -d "${TMPDIR:-/tmp}/bundelwacht-bench-XXXXXX")
broker=$work/broker
trap 'tests/kafka/kafka.sh stop "$broker" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

machine
${CC:-cc} -O2 -std=gnu17 bench/bare_consumer.c -lrdkafka -lpthread -o "$work/bare_consumer"
tests/kafka/kafka.sh start --while $$ "$broker" >/dev/null
servers=$(tests/kafka/kafka.sh bootstrap "$broker")
tests/kafka/kafka.sh topics -d "$broker" --create --topic declarations --partitions 8 --config \
    retention.ms=-1 >/dev/null
"$program" generate --lines "$lines" --mix identity --bootstrap-servers "$servers" --topic declarations \
    --schema-id 1
mkdir -p "$work/schemas" "$work/state"
cp schemas/declaration.avsc "$work/schemas/1.avsc"

# run NAME DECISIONS: a group and output topics of its own, so that everything is read again
run() {
    cpu_of "$program" run --until-end --create-topics --workers "$workers" --input-topic declarations \
        --input-group "$1" --app "$1" \
        --input-schemas "$work/schemas" --output-prefix "$1" --output-decisions "$2" --rules-book \
            config/book.yaml \
        --state-directory "$work/state" --kafka "bootstrap.servers=$servers"
}
per_line() { awk -v lines="$lines" '{printf "%.3f %.0f\n", $1 / lines * 1e6, lines / $2}'; }

run warm bundles >/dev/null # the broker's internal topics, its code compiled, the files in memory
say "$lines lines of which 99 in 100 are identity only, 8 partitions, $workers workers," \
    "200 ms; median of $runs rounds"
for ((round = 0; round < runs; round++)); do
    bare=$(cpu_of "$work/bare_consumer" "$servers" declarations "$workers" | per_line)
    bundles=$(run "bundles-$round" bundles | per_line)
    all=$(run "all-$round" all | per_line)
    echo "$bare $bundles $all" >>"$work/rounds"
    say "round $((round + 1)): bare ${bare% *}, bundles ${bundles% *}, all ${all% *} µs a line;" \
        "${bare#* }, ${bundles#* }, ${all#* } lines a second"
done
column() { awk -v at="$1" '{print $at}' "$work/rounds" | median; }
ratio() { awk -v at="$1" '{print $at / $1}' "$work/rounds" | median; }
printf 'bare consumer        %.2f µs a line\n' "$(column 1)"
printf 'run, bundles only    %.2f µs a line, %.1f times the bare consumer\n' "$(column 3)" "$(ratio 3)"
printf 'run, all decisions   %.2f µs a line, %.1f times the bare consumer\n' "$(column 5)" "$(ratio 5)"
