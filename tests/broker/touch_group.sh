#!/bin/bash
# touch_group.sh PROGRAM - runs touch_group.c against a broker of its own.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kafka=$here/../kafka/kafka.sh
place=$(mktemp -d)
trap '"$kafka" stop "$place/broker" 2>/dev/null || true; rm -rf "$place"' EXIT
"$1" "$("$kafka" start --while $$ "$place/broker")"
