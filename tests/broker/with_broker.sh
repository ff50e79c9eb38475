#!/bin/bash
# with_broker.sh PROGRAM [ARGUMENT...] - PROGRAM ADDRESS DIRECTORY ARGUMENT... with a broker of its own and an
# empty directory.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=$here/../kafka/kafka.sh
place=$(mktemp -d)
trap '"$kafka" stop "$place/broker" 2>/dev/null || true; rm -rf "$place"' EXIT
address=$("$kafka" start --while $$ "$place/broker")
mkdir "$place/files"
"$1" "$address" "$place/files" "${@:2}"
