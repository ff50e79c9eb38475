#!/bin/bash
# purity.sh LIBENGINE LIBBASE - what the engine would need from outside (nm -u), less what it and base define,
# is within the list. A printf, malloc or time in the engine shows up here as a name that the linker would
# look for. purity.sh --self-test CC - builds an engine with such calls in a directory of its own and sees
# that they are found.
set -euo pipefail

# Copies and comparisons of bytes, and what gcc and clang put in by themselves at -O2: asserts, 128-bit
# division, and their hardened forms.
allowed='abort bcmp memcmp memcpy memmove memset strlen
__assert_fail __stack_chk_fail __memcpy_chk __memmove_chk __memset_chk
__divti3 __modti3 __divmodti4 __udivti3 __umodti3 __udivmodti4 __multi3
_GLOBAL_OFFSET_TABLE_'

check() {
    local engine=$1 base=$2 defined undefined impure
    defined=$(nm -g --defined-only "$engine" "$base" | awk 'NF == 3 { print $3 }')
    undefined=$(nm -u "$engine" | awk '$1 == "U" { print $2 }')
    [[ -n $defined ]] || { echo "$engine defines nothing"; return 1; }
    impure=$(comm -23 <(sort -u <<<"$undefined") \
        <(printf '%s\n%s\n' "$defined" "$(tr ' ' '\n' <<<"$allowed")" | sort -u))
    [[ -n $impure ]] || return 0
    for name in $impure; do
        nm -A -u "$engine" | awk -v name="$name" \
            '$NF == name { sub(/:[^:]*$/, "", $1); sub(/^.*:/, "", $1); print $1 " needs " name }' | sort -u
    done
    echo "the engine asks nothing of the world (processor/DESIGN.md §4)"
    return 1
}

self_test() {
    local cc=$1
    place=$(mktemp -d)
    trap 'rm -rf "$place"' EXIT
    printf 'int of_base(void); int of_base(void) { return 1; }\n' >"$place/base.c"
    printf '#include <string.h>\nint of_base(void); '"
int pure(char *a, const char *b, unsigned n);
int pure(char *a, const char *b, unsigned n)"' { memcpy(a, b, n); return of_base(); }\n' >"$place/pure.c"
    printf '#include <stdlib.h>\n#include <time.h>\nlong impure(void);'"
long impure(void)"' { return (long)time(0) + (long)malloc(3); }\n' >"$place/window.c"
    (cd "$place" && "$cc" -O2 -c base.c pure.c window.c && ar rcs libbase.a base.o &&
        ar rcs libpure.a pure.o &&
        ar rcs libengine.a pure.o window.o)
    check "$place/libpure.a" "$place/libbase.a" || { echo "self-test: a pure engine was refused"; exit 1; }
    if check "$place/libengine.a" "$place/libbase.a" >"$place/found"; then echo \
        "self-test: an impure engine passed"; exit 1; fi
    local name
    for name in malloc time; do
        grep -qx "window.o needs $name" "$place/found" ||
            { echo "self-test: $name was not found in:"; cat "$place/found"; exit 1; }
    done
    [[ $(wc -l <"$place/found") -eq 3 ]] || { echo "self-test: found too much:"; cat "$place/found"; exit 1; }
    echo "self-test: malloc and time were found"
}

if [[ ${1:-} == --self-test ]]; then
    self_test "$2"
else
    check "$1" "$2"
fi
