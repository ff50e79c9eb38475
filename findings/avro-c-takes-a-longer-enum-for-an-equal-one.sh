#!/bin/bash
# Avro C 1.11.1: avro_schema_equal takes two enums, or two unions, for equal when the first is the
# beginning of the second; asked the other way round it says that they differ.
#
# It looks the entries of the first up in the second and never compares how many there are. So a check "is
# this the schema that I know" passes for a schema with more symbols or branches, and a record that uses
# one of them is read as if it were known. Records are compared by their number of fields, too.
# (schema_enum_equal and schema_union_equal; in the sources of 1.12.1 they are the same.)
#
# Needs gcc, libavro-dev (Debian 12: 1.11.1). Exit 0: as described. Exit 1: it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat >"$place/equal.c" <<'C'
#include <avro.h>
#include <stdio.h>
#include <string.h>

static avro_schema_t schema(const char *text)
{
    avro_schema_t parsed = NULL;
    if (avro_schema_from_json_length(text, strlen(text), &parsed) != 0)
        printf("%s\n", avro_strerror());
    return parsed;
}

static void compare(const char *what, const char *shorter, const char *longer)
{
    avro_schema_t a = schema(shorter), b = schema(longer);
    int one_way = avro_schema_equal(a, b), other_way = avro_schema_equal(b, a);
    printf("%s: shorter, longer: %d; longer, shorter: %d\n", what, one_way, other_way);
    avro_schema_decref(a);
    avro_schema_decref(b);
}

int main(void)
{
    compare("enum", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}",
            "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}");
    compare("union", "[\"null\",\"long\"]", "[\"null\",\"long\",\"string\"]");
    compare("record", "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}",
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":["
            "{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"b\",\"type\":\"int\"}]}");
    return 0;
}
C
gcc -o "$place/equal" "$place/equal.c" -lavro
dpkg-query -W -f 'libavro ${Version}\n' libavro-dev 2>/dev/null || true
seen=$("$place/equal")
printf '%s\n' "$seen"
grep -q '^enum: shorter, longer: 1; longer, shorter: 0$' <<<"$seen" &&
    grep -q '^union: shorter, longer: 1; longer, shorter: 0$' <<<"$seen" &&
    grep -q '^record: shorter, longer: 0; longer, shorter: 0$' <<<"$seen" && exit 0
echo "this is no longer as described"
exit 1
