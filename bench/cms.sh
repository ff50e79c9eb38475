#!/bin/bash
# cms.sh - the main job on the CMS claims, from a real broker: what it found, and that a replay of the topic's
# dump finds as much. With DATA, all claims as CMS publishes them (a directory, see tests/data/README.md);
# without, the sample that is here, which has all episodes. bench/cms.sh [WORKERS]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source bench/measure.sh
workers=${1:-4}
program=${PROGRAM:-build/release/bundelwacht}
work=$(mktemp -d "${TMPDIR:-/tmp}/bundelwacht-bench-XXXXXX")
broker=$work/broker
trap 'tests/kafka/kafka.sh stop "$broker" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

if [[ -n ${DATA:-} ]]; then
    say "converting the claims"
    /usr/bin/python3 tests/data/cms_to_declarations.py --data "$DATA" --out "$work/cms.jsonl"
else
    say "taking the sample of the claims"
    zcat tests/data/cms_sample.jsonl.gz >"$work/cms.jsonl"
fi
tests/kafka/kafka.sh start --while $$ "$broker" >/dev/null
servers=$(tests/kafka/kafka.sh bootstrap "$broker")
tests/kafka/kafka.sh topics -d "$broker" --create --topic declarations --partitions 8 --config \
    retention.ms=-1 >/dev/null
# A line without dates is no Avro record: it goes to the topic as it stands, and is a dead letter there as
# well (bad_wire_format).
"$program" generate --from "$work/cms.jsonl" --bootstrap-servers "$servers" --topic declarations --schema-id 1
mkdir -p "$work/schemas" "$work/state"
cp schemas/declaration.avsc "$work/schemas/1.avsc"
"$program" run --until-end --create-topics --workers "$workers" --input-topic declarations --input-group cms \
    --input-schemas "$work/schemas" --output-prefix cms --rules-book config/examples/cms.yaml \
    --state-directory "$work/state" --kafka "bootstrap.servers=$servers"

say "replaying a dump of the topic"
"$program" dump --bootstrap-servers "$servers" --topic declarations --out "$work/dump"
"$program" replay --book config/examples/cms.yaml --partitions 8 --as-of log --schemas "$work/schemas" --out \
    "$work/out" "$work"/dump/*.dump
for topic in decisions episodes alerts dead-letters; do
    sent=$(tests/kafka/kafka.sh consume -d "$broker" "cms.$topic.v1" 2>/dev/null | wc -l)
    replayed=$(wc -l <"$work/out/$topic.jsonl")
    say "$topic: $sent in the topic, $replayed in the replay"
    [[ $sent == "$replayed" ]]
done
/usr/bin/python3 bench/summary.py "$work/out"
