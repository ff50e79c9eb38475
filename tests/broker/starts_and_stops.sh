#!/bin/bash
# A real broker starts, takes a record with bytes of every kind, gives it back, dies, comes back with it, and
# leaves nothing behind.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=$here/../kafka/kafka.sh
place=$(mktemp -d)
trap '"$kafka" stop "$place/broker" 2>/dev/null || true
      "$kafka" stop "$place/second" 2>/dev/null || true; rm -rf "$place"' EXIT

fail() { echo "failed: $*"; exit 1; }

address=$("$kafka" start --while $$ "$place/broker")
"$kafka" status "$place/broker"
"$kafka" topics -d "$place/broker" --create --topic walking --partitions 2 --config retention.ms=-1
printf '%s' "$address" | grep -qE '^127\.0\.0\.1:[0-9]+$' ||
    fail "the address \"$address\" is not on loopback"

# The broker hears on loopback alone.
pid=$(<"$place/broker/pid")
heard=$(awk 'NR > 1 && $4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6)
port=$(printf '%04X' "${address##*:}")
grep -qiE ":$port\$" <<<"$heard" || fail "nobody hears on port ${address##*:}"
while read -r place_heard; do
    [[ ${place_heard##*:} != "$port" || $place_heard == 0100007F:* ||
        $place_heard == 0000000000000000FFFF00000100007F:* ]] ||
        fail "the broker hears on $place_heard"
done <<<"$heard"

printf 'one\\\tzwei\351\n' | "$kafka" java org.apache.kafka.tools.ConsoleProducer --bootstrap-server \
    "$address" --topic walking \
    --reader-property parse.key=true --reader-property $'key.separator=\t' >/dev/null
expected=$'NO_HEADERS\tone\\x5C\tzwei\\xEF\\xBF\\xBD'
read_back() { KAFKA_IDLE_MS=4000 "$kafka" consume -d "$place/broker" walking | cut -f 3-; }
[[ $(read_back) == "$expected" ]] || fail "the record came back as \"$(read_back)\""

"$kafka" kill "$place/broker"
# A process that is ending has no memory, and so no command line, some time before it is gone or a zombie.
gone() { local rest; rest=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 0
         [[ -z $rest || $rest == [ZX]* ]]; }
for ((i = 0; i < 300; i++)); do
    gone && break
    sleep 0.1
done
gone || fail "the killed broker lives"
if "$kafka" status "$place/broker" >/dev/null 2>&1; then fail "status of a dead broker is good"; fi
"$kafka" resume "$place/broker" >/dev/null
[[ $(read_back) == "$expected" ]] || fail "the record was lost with the broker"

"$kafka" stop "$place/broker"
[[ ! -e $place/broker ]] || fail "its directory stayed"
# A test that is killed leaves no broker behind.
sleep 1000 &
watched=$!
"$kafka" start --while "$watched" "$place/second" >/dev/null
kill -KILL "$watched"
for ((i = 0; i < 600; i++)); do
    [[ -e $place/second ]] || break
    sleep 0.1
done
[[ ! -e $place/second ]] || fail "the broker outlived the test that it was for"
echo "a broker started, died, came back and stopped"
