#!/bin/bash
# Avro C 1.11.1: an enum that is read under another schema keeps the writer's number, not the writer's
# symbol.
#
# The specification resolves enums by symbol. Here the writer's symbols are CREDIT, DEBIT and the reader's
# are DEBIT, CREDIT; what was written as DEBIT is read as CREDIT, by avro_resolved_reader, by
# avro_resolved_writer and by avro_read_data alike, without an error. A producer that sorts its symbols, or
# puts a new one first, turns every record into another one. (The functions get_enum and set_enum of both
# resolvers hand the number on; in the sources of 1.12.1 they are the same.)
#
# Needs gcc, libavro-dev (Debian 12: 1.11.1). Exit 0: as described. Exit 1: it has changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cat >"$place/read.c" <<'C'
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

int main(void)
{
    avro_schema_t writer = schema("{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"CREDIT\",\"DEBIT\"]}");
    avro_schema_t reader = schema("{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"DEBIT\",\"CREDIT\"]}");
    const char debit[] = "\x02"; /* the writer's second symbol */
    avro_reader_t bytes = avro_reader_memory(debit, 1);
    avro_value_t written, resolved, target;
    avro_datum_t datum;
    int number = -1;

    avro_generic_value_new(avro_generic_class_from_schema(writer), &written);
    avro_value_read(bytes, &written);
    avro_value_get_enum(&written, &number);
    printf("written: %s\n", avro_schema_enum_get(writer, number));

    avro_resolved_reader_new_value(avro_resolved_reader_new(writer, reader), &resolved);
    avro_resolved_reader_set_source(&resolved, &written);
    avro_value_get_enum(&resolved, &number);
    printf("avro_resolved_reader: %s\n", avro_schema_enum_get(avro_value_get_schema(&resolved), number));

    avro_generic_value_new(avro_generic_class_from_schema(reader), &target);
    avro_resolved_writer_new_value(avro_resolved_writer_new(writer, reader), &resolved);
    avro_resolved_writer_set_dest(&resolved, &target);
    avro_reader_memory_set_source(bytes, debit, 1);
    avro_value_read(bytes, &resolved);
    avro_value_get_enum(&target, &number);
    printf("avro_resolved_writer: %s\n", avro_schema_enum_get(reader, number));

    avro_reader_memory_set_source(bytes, debit, 1);
    avro_read_data(bytes, writer, reader, &datum);
    printf("avro_read_data: %s\n", avro_enum_get_name(datum));
    return 0;
}
C
gcc -o "$place/read" "$place/read.c" -lavro
dpkg-query -W -f 'libavro ${Version}\n' libavro-dev 2>/dev/null || true
seen=$("$place/read")
printf '%s\n' "$seen"
wanted=$'written: DEBIT\navro_resolved_reader: CREDIT\navro_resolved_writer: CREDIT\navro_read_data: CREDIT'
[[ $seen == "$wanted" ]] && exit 0
echo "this is no longer as described"
exit 1
