#!/bin/bash
# shared.sh ROOT SHARED - the rules and scenarios that the project holds are those of SHARED, byte for byte. Where there is no
# SHARED it exits with 77, which CTest reports as skipped: the project stands alone.
# shared.sh --self-test - changes a copy and sees that it is found.
set -euo pipefail

same() {
    cmp -s "$1" "$2" || { echo "$1 differs from $2"; differ=1; }
}

check() {
    local root=$1 shared=$2 file
    differ=0
    [[ -f $shared/semantics.md ]] || { echo "there is no $shared; nothing to compare"; return 77; }
    same "$root/processor/engine/SEMANTICS.md" "$shared/semantics.md"
    for file in "$shared"/scenarios/*.yaml "$shared/scenarios/README.md"; do
        same "$root/tests/scenarios/$(basename "$file")" "$file"
    done
    return "$differ"
}

self_test() {
    local code=0
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    mkdir -p "$place"/{shared/scenarios,root/processor/engine,root/tests/scenarios}
    check "$place/root" "$place/nowhere" >/dev/null || code=$?
    [[ $code -eq 77 ]] || { echo "self-test: a missing folder gave $code"; exit 1; }
    for file in semantics.md scenarios/time.yaml scenarios/README.md; do echo "$file" >"$place/shared/$file"; done
    cp "$place/shared/semantics.md" "$place/root/processor/engine/SEMANTICS.md"
    cp "$place"/shared/scenarios/* "$place/root/tests/scenarios/"
    check "$place/root" "$place/shared" || { echo "self-test: equal files were refused"; exit 1; }
    echo >>"$place/root/tests/scenarios/time.yaml"
    if check "$place/root" "$place/shared" >/dev/null; then echo "self-test: a changed scenario passed"; exit 1; fi
    cp "$place/shared/scenarios/time.yaml" "$place/root/tests/scenarios/"
    rm "$place/root/processor/engine/SEMANTICS.md"
    if check "$place/root" "$place/shared" >/dev/null; then echo "self-test: missing rules passed"; exit 1; fi
    echo "self-test: a changed and a missing file were found"
}

if [[ ${1:-} == --self-test ]]; then
    self_test
else
    check "$1" "$2"
fi
