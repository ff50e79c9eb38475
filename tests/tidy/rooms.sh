#!/bin/bash
# rooms.sh ROOT - reports every #include under ROOT/processor that the table rooms.txt does not allow, one a
#     line: processor/engine/window.c:4: engine may not include stream
# rooms.sh --self-test - plants violations in a directory of its own and sees that each is found.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

check() {
    local root=$1
    (cd "$root" && grep -rnE '^[[:space:]]*#[[:space:]]*include' processor \
            --include='*.c' --include='*.h' --include='*.def') |
        awk -v table="$here/rooms.txt" '
        BEGIN {
            while ((getline row < table) > 0) {
                if (row ~ /^#/ || row ~ /^[ \t]*$/) continue
                count = split(row, words, /[ \t]+/)
                if (words[2] == "=") {
                    for (i = 3; i <= count; i++) group[words[1]] = group[words[1]] " " words[i]
                    continue
                }
                room = words[1]; known[room] = 1; rooms[room, room] = 1
                for (i = 2; i <= count && words[i] != "|"; i++) rooms[room, words[i]] = 1
                for (i++; i <= count; i++) {
                    if (words[i] ~ /^-/) { delete outside[room, substr(words[i], 2)]; continue }
                    many = split(words[i] in group ? group[words[i]] : words[i], names, " ")
                    for (j = 1; j <= many; j++) outside[room, names[j]] = 1
                }
            }
        }
        {
            split($0, place, ":"); file = place[1]; line = place[2]
            text = substr($0, length(file) + length(line) + 3)
            parts = split(file, path, "/"); room = parts == 2 ? "main" : path[2]
            files++
            if (!(room in known)) {
                print file ":" line ": there is no room " room " in rooms.txt"
                bad++; next
            }
            if (match(text, /<[^>]*>/)) {
                name = substr(text, RSTART + 1, RLENGTH - 2)
                if (!((room, name) in outside)) {
                    print file ":" line ": " room " may not include <" name ">"
                    bad++
                }
            } else if (match(text, /"[^"]*"/)) {
                name = substr(text, RSTART + 1, RLENGTH - 2)
                if (index(name, "..")) {
                    print file ":" line ": write the path from processor/ on, not \"" name "\""
                    bad++; next
                }
                slash = index(name, "/")
                if (slash && !((room, substr(name, 1, slash - 1)) in rooms)) {
                    print file ":" line ": " room " may not include " substr(name, 1, slash - 1); bad++
                }
            } else { print file ":" line ": which file is included cannot be seen"; bad++ }
        }
        END { if (!files) { print "no #include found under processor/"; exit 1 } exit bad > 0 }'
}

expect() {
    local wanted=$1
    grep -qxF -- "$wanted" "$found" ||
        { printf 'self-test: not found: %s\nin:\n' "$wanted"; cat "$found"; exit 1; }
}

self_test() {
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    found=$place/found
    mkdir -p "$place/processor/engine" "$place/processor/codec" "$place/processor/cellar"
    printf '/* a */\n#include "engine/line.h"\n\n#include "stream/consumer.h"\n#include <stdint.h>\n' \
        >"$place/processor/engine/window.c"
    printf '#include <stdio.h>\n#  include <math.h>\n' >"$place/processor/engine/money.c"
    printf '#include "book/yaml.h"\n#include <librdkafka/rdkafka.h>\n#include "../base/must.h"\n' \
        >"$place/processor/codec/plan.h"
    printf '#include "base/must.h"\n' >"$place/processor/cellar/dark.c"
    printf '#include "commands/commands.h"\n#include "engine/engine.h"\n' >"$place/processor/main.c"
    if check "$place" >"$found"; then echo "self-test: planted violations passed"; exit 1; fi
    expect 'processor/engine/window.c:4: engine may not include stream'
    expect 'processor/engine/money.c:1: engine may not include <stdio.h>'
    expect 'processor/engine/money.c:2: engine may not include <math.h>'
    expect 'processor/codec/plan.h:1: codec may not include book'
    expect 'processor/codec/plan.h:2: codec may not include <librdkafka/rdkafka.h>'
    expect 'processor/codec/plan.h:3: write the path from processor/ on, not "../base/must.h"'
    expect 'processor/cellar/dark.c:1: there is no room cellar in rooms.txt'
    expect 'processor/main.c:2: main may not include engine'
    [[ $(wc -l <"$found") -eq 8 ]] || { echo "self-test: found too much:"; cat "$found"; exit 1; }
    echo "self-test: 8 planted violations, 8 found"
}

if [[ ${1:-} == --self-test ]]; then
    self_test
else
    check "$1"
fi
