/* The rows of engine/outputs.def and the schemas say the same: every row has its field, and every field its
 * row. */
#include <criterion/criterion.h>

#include "codec/output_codec.h"

#include <jansson.h>

TestSuite(output_rows, .timeout = 30);

/* --- what a schema should say of a row --- */

#define TYPE_TEXT "\"string\""
#define TYPE_PIECE "\"string\""
#define TYPE_WORD "\"string\""
#define TYPE_ANY "\"string\""
#define TYPE_BYTES "\"bytes\""
#define TYPE_BOOLEAN "\"boolean\""
#define TYPE_INT "\"int\""
#define TYPE_LONG "\"long\""
#define TYPE_DAY "{\"type\":\"int\",\"logicalType\":\"date\"}"
#define TYPE_MOMENT "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}"
#define TYPE_SHARES \
    "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Share\",\"fields\":[" \
    "{\"name\":\"episode\",\"type\":\"string\"},{\"name\":\"cents\",\"type\":\"long\"}]}}"
#define TYPE_MEASURES \
    "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"Measure\",\"fields\":[" \
    "{\"name\":\"name\",\"type\":\"string\"},{\"name\":\"value\",\"type\":[\"null\",\"long\"]}]}}"
#define OF_VALUE(type) type
#define OF_NULLABLE(type) "[\"null\"," type "]"

struct row {
    const char *name, *type;
};
#define ROW(name, type, null, role) { #name, OF_##null(TYPE_##type) },
static const struct row decision_rows[] = {
#define DECISION_FIELD ROW
#include "engine/outputs.def"
};
static const struct row episode_rows[] = {
#define EPISODE_FIELD ROW
#include "engine/outputs.def"
};
static const struct row alert_rows_of_fields[] = {
#define ALERT_FIELD ROW
#include "engine/outputs.def"
};
static const struct row letter_rows[] = {
#define LETTER_FIELD ROW
#include "engine/outputs.def"
};
static const struct {
    enum schema_name schema;
    const struct row *rows;
    size_t count;
} records[] = {
    { SCHEMA_DECISION, decision_rows, COUNT(decision_rows) },
    { SCHEMA_EPISODE, episode_rows, COUNT(episode_rows) },
    { SCHEMA_ALERT, alert_rows_of_fields, COUNT(alert_rows_of_fields) },
    { SCHEMA_DEAD_LETTER, letter_rows, COUNT(letter_rows) },
};

/* --- the comparison --- */

/* Documentation is for people: it is no part of a type. */
static void drop_doc(json_t *json)
{
    const char *key;
    json_t *value;
    size_t at;
    json_object_del(json, "doc");
    if (json_is_object(json)) {
        json_object_foreach(json, key, value)
            drop_doc(value);
    }
    if (json_is_array(json)) {
        json_array_foreach(json, at, value)
            drop_doc(value);
    }
}

static bool row_is(const struct row *row, json_t *field)
{
    json_t *wanted = json_loads(row->type, JSON_DECODE_ANY, NULL);
    cr_assert_not_null(wanted, "%s", row->type);
    bool is = strcmp(row->name, json_string_value(json_object_get(field, "name"))) == 0 &&
              json_equal(wanted, json_object_get(field, "type"));
    json_decref(wanted);
    return is;
}

/* Where they differ first, from 0; `count` of the rows when there is a field too much; -1: nowhere. */
static int difference(const struct row *rows, size_t count, json_t *fields)
{
    for (size_t i = 0; i < count; i++)
        if (i >= json_array_size(fields) || !row_is(&rows[i], json_array_get(fields, i)))
            return (int)i;
    return json_array_size(fields) == count ? -1 : (int)count;
}

static json_t *fields_of(enum schema_name name)
{
    struct bytes text = schema_text(name);
    json_t *schema = json_loadb(text.data, text.length, 0, NULL);
    cr_assert_not_null(schema);
    json_t *fields = json_incref(json_object_get(schema, "fields"));
    drop_doc(fields);
    json_decref(schema);
    return fields;
}

Test(output_rows, have_the_fields_of_the_schemas_and_no_other)
{
    for (size_t i = 0; i < COUNT(records); i++) {
        json_t *fields = fields_of(records[i].schema);
        int at = difference(records[i].rows, records[i].count, fields);
        cr_expect_eq(at, -1, "record %zu differs at field %d (row \"%s\")", i, at,
                     at >= 0 && (size_t)at < records[i].count ? records[i].rows[at].name : "none");
        json_decref(fields);
    }
}

/* --- that it can fail: each field of a schema taken away, called otherwise, of another type, or one too much
 * --- */

static void spoil(json_t *fields, size_t at, int how)
{
    json_t *field = json_array_get(fields, at);
    switch (how) {
    case 0: json_array_remove(fields, at); break;
    case 1: json_object_set_new(field, "name", json_string("something")); break;
    case 2: json_object_set_new(field, "type", json_string("float")); break;
    default:
        json_array_insert_new(fields, at, json_pack("{s:s, s:s}", "name", "more", "type", "string"));
        break;
    }
}

Test(output_rows, differ_from_a_schema_that_was_changed_anywhere)
{
    for (size_t i = 0; i < COUNT(records); i++)
        for (size_t at = 0; at < records[i].count; at++)
            for (int how = 0; how < 4; how++) {
                json_t *fields = fields_of(records[i].schema);
                spoil(fields, at, how);
                cr_expect_eq(difference(records[i].rows, records[i].count, fields), (int)at,
                             "record %zu, field %zu, %d", i, at, how);
                json_decref(fields);
            }
}
