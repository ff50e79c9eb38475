#!/bin/bash
# headers.sh ROOT CC - every header under ROOT/processor compiles alone, twice in one file, and with our
# warnings. headers.sh --self-test CC - plants a header that does not, and sees that it is found.
set -euo pipefail

export CC

one() {
    local header=$1
    printf '#include "%s"\n#include "%s"\n' "$header" "$header" |
        "$CC" -std=gnu17 -Iprocessor -fsyntax-only -Wall -Wextra -Wstrict-prototypes -Wundef -Werror -x c - ||
        { echo "processor/$header does not compile alone"; return 1; }
}
export -f one

check() {
    local root=$1
    cd "$root"
    find processor -name '*.h' -printf '%P\n' | sort | xargs -P 2 -I{} bash -c 'one {}'
}

self_test() {
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    mkdir -p "$place/processor/engine"
    printf '#ifndef A\n#define A\n#include <stdint.h>\nstruct cents { int64_t value; };\n#endif\n' \
        >"$place/processor/engine/money.h"
    (check "$place" >/dev/null 2>&1) || { echo "self-test: a good header was refused"; exit 1; }
    printf 'uint32_t lines_count(void);\n' >"$place/processor/engine/line.h"
    printf '#include <stdint.h>\nstruct share { int64_t cents; };\n' >"$place/processor/engine/share.h"
    if (check "$place" >"$place/found" 2>&1); then echo "self-test: bad headers passed"; exit 1; fi
    grep -qx 'processor/engine/line.h does not compile alone' "$place/found" ||
        { cat "$place/found"; exit 1; }
    grep -qx 'processor/engine/share.h does not compile alone' "$place/found" ||
        { cat "$place/found"; exit 1; }
    echo "self-test: 2 planted headers, 2 found"
}

if [[ ${1:-} == --self-test ]]; then
    CC=$2
    self_test
else
    CC=$2
    check "$1"
fi
