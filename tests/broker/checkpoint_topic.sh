#!/bin/bash
# checkpoint_topic.sh PROGRAM [MEGABYTES] - runs checkpoint_topic.c against a broker of its own.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=$here/../kafka/kafka.sh
place=$(mktemp -d)
trap '"$kafka" stop "$place/broker" 2>/dev/null || true; rm -rf "$place"' EXIT
address=$("$kafka" start --while $$ "$place/broker")
mkdir "$place/files"
"$1" "$address" "$place/files" "${@:2}"
