/* oracle.h - what our plan reads of an evolved record, and whether Avro C's generic reader reads the same.
 * Only records that are whole are given to Avro C: hostile bytes are not safe there (LIBRARIES.md §3.2). */
#ifndef BUNDELWACHT_TESTS_CODEC_ORACLE_H
#define BUNDELWACHT_TESTS_CODEC_ORACLE_H

#include "base/limits.h"
#include "codec/plan.h"
#include "evolved.h"

#include <avro.h>

static inline struct cursor cursor_of(struct bytes bytes)
{
    return (struct cursor){ .at = (const unsigned char *)bytes.data,
                            .end = (const unsigned char *)bytes.data + bytes.length,
                            .items_left = SKIP_ITEMS_MAX };
}

/* What our plan reads of the record, or why not. */
static inline const char *read_by_plan(const struct evolved *evolved, struct declaration *ret_declaration)
{
    const char *problem = NULL;
    struct schema *schema = schema_parse(buffer_bytes(&evolved->schema), &problem);
    struct plan *plan = schema ? plan_new(schema, &problem) : NULL;
    struct cursor cursor = cursor_of(buffer_bytes(&evolved->record));
    if (plan && (!plan_run(plan, &cursor, ret_declaration) || cursor.at != cursor.end))
        problem = "bad_avro";
    plan_free(plan);
    schema_free(schema);
    return problem;
}

/* --- Avro C's generic reader as the oracle --- */

static inline bool string_agrees(avro_value_t *value, struct bytes text)
{
    const char *data;
    const void *raw;
    size_t size;
    if (avro_value_get_type(value) == AVRO_BYTES)
        return avro_value_get_bytes(value, &raw, &size) == 0 &&
               bytes_equal(text, (struct bytes){ raw, size });
    return avro_value_get_type(value) == AVRO_STRING && avro_value_get_string(value, &data, &size) == 0 &&
           bytes_equal(text, (struct bytes){ data, size - 1 });
}

static inline bool number_agrees(avro_value_t *value, int64_t number)
{
    int32_t narrow;
    int64_t wide;
    if (avro_value_get_type(value) == AVRO_INT32)
        return avro_value_get_int(value, &narrow) == 0 && narrow == number;
    return avro_value_get_type(value) == AVRO_INT64 && avro_value_get_long(value, &wide) == 0 &&
           wide == number;
}

static inline bool enum_agrees(avro_value_t *value, const struct reader_field *field, int64_t ordinal,
                               bool unreadable)
{
    int symbol;
    if (avro_value_get_enum(value, &symbol) != 0)
        return false;
    struct bytes name = bytes_of(avro_schema_enum_get(avro_value_get_schema(value), symbol));
    return unreadable ? bytes_equal(name, BYTES("NEWER")) : bytes_equal(name, field->symbols[ordinal]);
}

static inline bool field_agrees(avro_value_t *record, const struct reader_field *field, struct evolved *read)
{
    avro_value_t value = { 0 }, branch = { 0 };
    bool unreadable = read->expected.unreadable & 1u << (field - reader_fields);
    if (avro_value_get_by_name(record, field->name.data, &value, NULL) != 0)
        return field->may_be_absent && !unreadable;
    if (avro_value_get_type(&value) == AVRO_UNION) {
        avro_value_get_current_branch(&value, &branch);
        value = branch;
    }
    if (avro_value_get_type(&value) == AVRO_NULL)
        return field->nullable ? evolved_is_null(read, field) : unreadable;
    if (avro_value_get_type(&value) == AVRO_BOOLEAN)
        return unreadable;
    if (field->type == READER_ENUM)
        return enum_agrees(&value, field, evolved_number(read, field), unreadable);
    if (field->type == READER_STRING)
        return string_agrees(&value, *evolved_string(read, field));
    return number_agrees(&value, evolved_number(read, field));
}

static inline bool generic_agrees(struct choices *choices, avro_schema_t schema,
                                  const struct evolved *evolved, const struct declaration *read)
{
    struct evolved ours = { .expected = *read };
    avro_value_iface_t *class = avro_generic_class_from_schema(schema);
    avro_value_t value;
    avro_generic_value_new(class, &value);
    avro_reader_t reader = avro_reader_memory(evolved->record.data, (int64_t)evolved->record.length);
    bool agrees = avro_value_read(reader, &value) == 0;
    choice_tell(choices, "avro-c reads it: %d", agrees);
    for (size_t i = 0; agrees && i < FIELD_COUNT; i++) {
        agrees = field_agrees(&value, &reader_fields[i], &ours);
        choice_tell(choices, "%s %s", reader_fields[i].name.data, agrees ? "agrees" : "differs");
    }
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    return agrees;
}

#endif
