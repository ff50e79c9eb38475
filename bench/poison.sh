#!/bin/bash
# poison.sh - what one record in a hundred that must become a dead letter costs: file replay (JSON lines and a
# container) and, with `kafka`, from Kafka to Kafka. bench/poison.sh [LINES] [ROUNDS] [kafka]       1,000,000
# lines, median of 7 rounds
# In every round the clean and the poisoned input run one after the other, and the ratio of their CPU-seconds
# is taken within the round; the last column is the ratio of the lowest two, which a busy machine disturbs
# least. PROGRAM is build/release/bundelwacht when not set.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/measure.sh
lines=${1:-1000000}
rounds=${2:-7}
program=${PROGRAM:-build/release/bundelwacht}
work=$(mktemp -d "${TMPDIR:-/tmp}/bundelwacht-bench-XXXXXX")
broker=$work/broker
trap 'tests/kafka/kafka.sh stop "$broker" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

# rounds NAME CLEAN POISONED: runs both, which are functions that print CPU and wall seconds; prints the
# medians and the ratio's.
rounds() {
    local name=$1 clean poisoned round
    : >"$work/rounds"
    "$2" >/dev/null
    "$3" >/dev/null
    for ((round = 0; round < rounds; round++)); do
        clean=$("$2")
        poisoned=$("$3")
        echo "${clean% *} ${poisoned% *}" >>"$work/rounds"
    done
    awk '{print $2 / $1}' "$work/rounds" | sort -g >"$work/ratios"
    printf '%-28s %6.2f %6.2f s of CPU, ratio %.3f (%.3f to %.3f), of the lowest %.3f\n' "$name" \
        "$(cut -d' ' -f1 "$work/rounds" | median)" \
        "$(cut -d' ' -f2 "$work/rounds" | median)" "$(median <"$work/ratios")" "$(head -n 1 "$work/ratios")" \
            "$(tail -n 1 "$work/ratios")" \
        "$(awk 'NR == 1 || $1 < a {a = $1} NR == 1 || $2 < b {b = $2} END {print b / a}' "$work/rounds")"
}

replay() {
    rm -rf "$work/out"
    cpu_of "$program" replay --book config/book.yaml --threads 1 --format avro --decisions "$1" --out \
        "$work/out" "$2"
}
run() {
    local group
    group=g$(date +%s%N) # of its own, so that everything is read again
    cpu_of "$program" run --until-end --create-topics --workers 2 --input-topic "$2" --input-group "$group" \
        --app "$group" \
        --input-schemas "$work/schemas" --output-prefix "$group" --output-decisions "$1" --rules-book \
            config/book.yaml \
        --state-directory "$work/state" --kafka "bootstrap.servers=$servers"
}

machine
say "$lines lines, 99 of 100 identity only, without and with 10 bad ones in a thousand;" \
    "median of $rounds rounds"
for bad in 0 10; do
    for form in jsonl avro; do
        "$program" generate --lines "$lines" --mix identity --bad-per-mille $bad --out "$work/$bad.$form" \
            2>/dev/null
    done
done
for form in jsonl avro; do
    for decisions in bundles all; do
        clean() { replay "$decisions" "$work/0.$form"; }
        poisoned() { replay "$decisions" "$work/10.$form"; }
        rounds "replay, $form, $decisions" clean poisoned
    done
done
[[ ${3:-} == kafka ]] || exit 0

tests/kafka/kafka.sh start --while $$ "$broker" >/dev/null
servers=$(tests/kafka/kafka.sh bootstrap "$broker")
mkdir -p "$work/schemas" "$work/state"
cp schemas/declaration.avsc "$work/schemas/1.avsc"
for bad in 0 10; do
    tests/kafka/kafka.sh topics -d "$broker" --create --topic "declarations-$bad" --partitions 8 --config \
        retention.ms=-1 >/dev/null
    "$program" generate --lines "$lines" --mix identity --bad-per-mille $bad --bootstrap-servers "$servers" \
        --topic "declarations-$bad" \
        --schema-id 1
done
for decisions in bundles all; do
    clean() { run "$decisions" declarations-0; }
    poisoned() { run "$decisions" declarations-10; }
    rounds "run, Kafka, $decisions" clean poisoned
done
