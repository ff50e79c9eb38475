#include <criterion/criterion.h>

#include "base/limits.h"
#include "codec/output_codec.h"
#include "oracle.h"

#include <stdlib.h>

TestSuite(plan, .timeout = 120);

static bool evolved_is_read(struct choices *choices, void *context)
{
    struct evolved evolved;
    struct declaration read;
    memset(&read, 0xA5, sizeof(read)); /* what the plan does not write would show */
    (void)context;
    evolved_draw(&evolved, choices, false);
    const char *problem = read_by_plan(&evolved, &read);
    if (problem == NULL)
        problem = declaration_difference(&evolved.expected, &read);
    choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&evolved.schema)));
    choice_tell(choices, "%s", problem ? problem : "read as expected");
    avro_schema_t schema = NULL;
    bool holds = problem == NULL &&
                 avro_schema_from_json_length(evolved.schema.data, evolved.schema.length, &schema) == 0;
    holds = holds && generic_agrees(choices, schema, &evolved, &read);
    if (schema)
        avro_schema_decref(schema);
    evolved_release(&evolved);
    return holds;
}

Test(plan, reads_evolved_schemas_as_avro_c_does)
{
    cr_assert(property_holds("evolved schemas", evolved_is_read, NULL, 4000, 3));
}

/* The same through Avro C's own resolution to our schema, for what it can resolve: order, extra fields, an
 * int for a long. */
static bool resolved_agrees(struct choices *choices, void *context)
{
    struct evolved evolved;
    struct declaration read;
    memset(&read, 0xA5, sizeof(read)); /* what the plan does not write would show */
    avro_schema_t ours = context, schema = NULL;
    evolved_draw(&evolved, choices, true);
    const char *problem = read_by_plan(&evolved, &read);
    choice_tell(choices, "%.*s: %s", BYTES_ARGS(buffer_bytes(&evolved.schema)), problem ? problem : "");
    bool holds = problem == NULL && declaration_difference(&evolved.expected, &read) == NULL &&
                 avro_schema_from_json_length(evolved.schema.data, evolved.schema.length, &schema) == 0;
    if (holds) {
        avro_value_iface_t *class = avro_generic_class_from_schema(ours),
                           *resolver = avro_resolved_writer_new(schema, ours);
        avro_value_t value, resolved;
        cr_assert(class != NULL && resolver != NULL, "%s", avro_strerror());
        avro_generic_value_new(class, &value);
        avro_resolved_writer_new_value(resolver, &resolved);
        avro_resolved_writer_set_dest(&resolved, &value);
        avro_reader_t reader = avro_reader_memory(evolved.record.data, (int64_t)evolved.record.length);
        struct evolved read_again = { .expected = read };
        holds = avro_value_read(reader, &resolved) == 0;
        for (size_t i = 0; holds && i < FIELD_COUNT; i++)
            holds = field_agrees(&value, &reader_fields[i], &read_again);
        avro_reader_free(reader);
        avro_value_decref(&resolved);
        avro_value_decref(&value);
        avro_value_iface_decref(resolver);
        avro_value_iface_decref(class);
    }
    if (schema)
        avro_schema_decref(schema);
    evolved_release(&evolved);
    return holds;
}

Test(plan, agrees_with_avro_c_resolved_to_our_schema)
{
    avro_schema_t ours = NULL;
    struct bytes text = schema_text(SCHEMA_DECLARATION);
    cr_assert(avro_schema_from_json_length(text.data, text.length, &ours) == 0);
    cr_assert(property_holds("resolved by avro-c", resolved_agrees, ours, 1500, 4));
    avro_schema_decref(ours);
}

/* Any bytes of an evolved record end in a verdict. */
static bool evolved_mutated(struct choices *choices, void *context)
{
    struct evolved evolved;
    struct declaration read;
    (void)context;
    evolved_draw(&evolved, choices, false);
    size_t length = evolved.record.length - choice_below(choices, evolved.record.length + 1);
    char *exact = malloc(length ? length : 1);
    memcpy(exact, evolved.record.data, length);
    for (uint64_t edits = choice_below(choices, 6); edits > 0 && length > 0; edits--)
        exact[choice_below(choices, length)] = (char)choice_below(choices, 256);
    const char *problem;
    struct schema *schema = schema_parse(buffer_bytes(&evolved.schema), &problem);
    struct plan *plan = plan_new(schema, &problem);
    struct cursor cursor = cursor_of((struct bytes){ exact, length });
    bool holds = !plan_run(plan, &cursor, &read) ||
                 (cursor.at >= (unsigned char *)exact && cursor.at <= (unsigned char *)exact + length);
    plan_free(plan);
    schema_free(schema);
    free(exact);
    evolved_release(&evolved);
    return holds;
}

Test(plan, ends_any_bytes_of_an_evolved_record_in_a_verdict)
{
    cr_assert(property_holds("evolved and mutated", evolved_mutated, NULL, 3000, 5));
}

/* --- what can never be read --- */

/* Our schema with one field's type replaced; NULL leaves the field out. */
static const char *problem_with(const char *field_name, const char *type)
{
    struct buffer text = { 0 };
    bool first = true;
    evolved_add(&text, "{\"type\":\"record\",\"name\":\"D\",\"fields\":[");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct reader_field *field = &reader_fields[i];
        bool replaced = bytes_equal(field->name, bytes_of(field_name));
        if (replaced && type == NULL)
            continue;
        char enum_text[64];
        snprintf(enum_text, sizeof(enum_text), "{\"type\":\"enum\",\"name\":\"E%zu\",\"symbols\":[\"NONE\"]}",
                 i);
        const char *types[] = { "\"string\"", "\"int\"",  "\"int\"", "\"long\"",
                                "\"int\"",    "\"long\"", enum_text };
        evolved_add(&text, first ? "{\"name\":\"" : ",{\"name\":\"");
        buffer_add_bytes(&text, field->name);
        evolved_add(&text, "\",\"type\":");
        evolved_add(&text, replaced ? type : types[field->type]);
        evolved_add(&text, "}");
        first = false;
    }
    evolved_add(&text, "]}");
    const char *problem = NULL;
    struct schema *schema = schema_parse(buffer_bytes(&text), &problem);
    struct plan *plan = schema ? plan_new(schema, &problem) : NULL;
    plan_free(plan);
    schema_free(schema);
    buffer_release(&text);
    return problem ? problem : "";
}

Test(plan, refuses_what_can_never_be_a_declaration)
{
    static const char type[] = "has a field of ours with a type that cannot be read",
                      lacks[] = "lacks a field that has no default";
    static const struct { const char *label, *field, *type, *problem;
    } rows[] = {
        { "as it is", "", "", "" },
        { "a long for an int", "quantity", "\"long\"", type },
        { "a long for a date", "start_date", "\"long\"", type },
        { "a string for a long", "amount", "\"string\"", type },
        { "an int for a long", "amount", "\"int\"", "" },
        { "a double for a long", "amount", "\"double\"", type },
        { "a string for an enum", "kind", "\"string\"", type },
        { "an enum for a string", "insured", "{\"type\":\"enum\",\"name\":\"X\",\"symbols\":[\"A\"]}", type },
        { "bytes for a string", "insured", "\"bytes\"", "" },
        { "a fixed for a string", "insured", "{\"type\":\"fixed\",\"name\":\"X\",\"size\":8}", type },
        { "null for an optional string", "diagnosis", "\"null\"", "" },
        { "null for a string", "insured", "\"null\"", type },
        { "null for a quantity", "quantity", "\"null\"", type },
        { "a union with a branch of ours", "quantity", "[\"null\",\"int\"]", "" },
        { "a plain int for a serial", "serial", "\"int\"", "" },
        { "a long for a serial", "serial", "\"long\"", type },
        { "null for a serial", "serial", "\"null\"", "" },
        { "a union without one", "quantity", "[\"null\",\"long\",\"string\"]", type },
        { "microseconds for milliseconds", "submitted_at",
          "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}", type },
        { "milliseconds", "submitted_at", "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}", "" },
        { "a local time", "submitted_at", "{\"type\":\"long\",\"logicalType\":\"local-timestamp-millis\"}",
          type },
        { "a date for a moment", "submitted_at", "{\"type\":\"int\",\"logicalType\":\"date\"}", type },
        { "a date for a number", "insurer", "{\"type\":\"int\",\"logicalType\":\"date\"}", type },
        { "a time of day for a date", "end_date", "{\"type\":\"int\",\"logicalType\":\"time-millis\"}",
          type },
        { "an unknown logical type", "amount", "{\"type\":\"long\",\"logicalType\":\"cents\"}", "" },
        { "microseconds in a union", "submitted_at",
          "[\"null\",{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}]", type },
        { "a field with a default left out", "quantity", NULL, "" },
        { "another one", "diagnosis_system", NULL, "" },
        { "an optional one", "credits_id", NULL, "" },
        { "a field without a default left out", "amount", NULL, lacks },
    };
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_str_eq(problem_with(rows[row].field, rows[row].type), rows[row].problem, "%s",
                         rows[row].label);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        cr_expect_str_eq(problem_with(reader_fields[i].name.data, NULL),
                         reader_fields[i].may_be_absent ? "" : lacks, "%s", reader_fields[i].name.data);
}

/* --- limits --- */

/* A record of our schema's bytes behind one skipped field of the given type. */
static bool skips(const char *type, struct bytes bytes)
{
    char text[4096];
    const char *problem = NULL;
    snprintf(text, sizeof(text), "%s", type);
    struct schema *schema = schema_parse(bytes_of(text), &problem);
    cr_assert(schema != NULL, "%s: %s", type, problem);
    struct cursor cursor = cursor_of(bytes);
    bool skipped = schema_skip(schema->root, &cursor) && cursor.at == cursor.end;
    schema_free(schema);
    return skipped;
}

Test(plan, passes_values_only_within_its_limits)
{
    static const char nulls[] = "{\"type\":\"array\",\"items\":\"null\"}",
                      maps[] = "{\"type\":\"map\",\"values\":\"null\"}";
    static const struct { const char *label, *type; struct bytes bytes; bool passed;
    } rows[] = {
        { "65536 nulls", nulls, BYTES("\x80\x80\x08\x00"), true },
        { "65537 nulls", nulls, BYTES("\x82\x80\x08\x00"), false },
        { "65536 nulls and one more", nulls, BYTES("\x80\x80\x08\x02\x00"), false },
        { "20 million nulls", nulls, BYTES("\x80\xb4\x89\x13\x00"), false },
        { "a count that is the smallest number", nulls,
          BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00"), false },
        { "a block with its size", nulls, BYTES("\x01\x00\x00"), true },
        { "a block with a negative size", nulls, BYTES("\x01\x01\x00"), false },
        { "a block with a size past the end", nulls, BYTES("\x01\x10\x00"), false },
        { "an array without its end", nulls, BYTES("\x02"), false },
        { "a map", maps, BYTES("\x02\x02k\x00"), true },
        { "a map with a negative key length", maps, BYTES("\x02\x01k\x00"), false },
        { "a string of a gigabyte", "\"string\"", BYTES("\x80\x80\x80\x80\x08"), false },
        { "a string of negative length", "\"string\"", BYTES("\x01"), false },
        { "bytes", "\"bytes\"", BYTES("\x04\x61\x62"), true },
        { "an enum past its symbols", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", BYTES("\x02"),
          false },
        { "a negative enum", "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\"]}", BYTES("\x01"), false },
        { "a union past its branches", "[\"null\",\"int\"]", BYTES("\x04"), false },
        { "a negative union", "[\"null\",\"int\"]", BYTES("\x01"), false },
        { "a boolean of 2", "\"boolean\"", BYTES("\x02"), false },
        { "no boolean", "\"boolean\"", BYTES(""), false },
        { "the largest int", "\"int\"", BYTES("\xfe\xff\xff\xff\x0f"), true },
        { "an int of 33 bits", "\"int\"", BYTES("\x80\x80\x80\x80\x10"), false },
        { "the smallest long", "\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), true },
        { "a long of 65 bits", "\"long\"", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), false },
        { "a long of eleven bytes", "\"long\"", BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
          false },
        { "a cut long", "\"long\"", BYTES("\x80"), false },
        { "a fixed", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}", BYTES("ab"), true },
        { "a short fixed", "{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}", BYTES("ab"), false },
        { "a record in itself without end",
          "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"r\",\"type\":\"R\"}]}", BYTES(""),
          false },
    };
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_eq(skips(rows[row].type, rows[row].bytes), rows[row].passed, "%s", rows[row].label);
}

/* Records of two records of two records …: 2^31 visits without one byte, if visits were not counted. */
Test(plan, gives_up_on_a_tree_of_records_without_bytes)
{
    struct buffer text = { 0 };
    char piece[160];
    for (int level = 30; level > 0; level--) {
        snprintf(piece, sizeof(piece),
                 "{\"type\":\"record\",\"name\":\"R%d\",\"fields\":[{\"name\":\"a\",\"type\":", level);
        evolved_add(&text, piece);
    }
    evolved_add(&text, "\"null\"}");
    for (int level = 1; level <= 30; level++) {
        if (level > 1)
            snprintf(piece, sizeof(piece), "},{\"name\":\"b\",\"type\":\"R%d\"}]}", level - 1);
        else
            snprintf(piece, sizeof(piece), "]}");
        evolved_add(&text, piece);
    }
    buffer_add_byte(&text, '\0');
    cr_expect(!skips(text.data, BYTES("")));
    buffer_release(&text);
}

/* An array of records whose fields are all nulls: no byte a record, so that only counting the fields ends
 * it. */
static struct buffer records_of_nulls(int fields)
{
    struct buffer text = { 0 };
    char piece[64];
    evolved_add(&text, "{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"N\",\"fields\":[");
    for (int i = 0; i < fields; i++) {
        snprintf(piece, sizeof(piece), "%s{\"name\":\"f%d\",\"type\":\"null\"}", i ? "," : "", i);
        evolved_add(&text, piece);
    }
    evolved_add(&text, "]}}");
    return text;
}

Test(plan, counts_the_fields_that_take_no_bytes)
{
    const char *problem = NULL;
    struct buffer text = records_of_nulls(1000);
    struct schema *schema = schema_parse(buffer_bytes(&text), &problem);
    cr_assert(schema != NULL, "%s", problem);
    static const struct { const char *label; struct bytes bytes; bool passed; } rows[] = {
        { "4 records", BYTES("\x08\x00"), true },
        { "5 records", BYTES("\x0a\x00"), false },
        { "4 records, and one more", BYTES("\x08\x02\x00"), false },
        { "32,000 records in four bytes", BYTES("\x80\xf4\x03\x00"), false },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct cursor cursor = cursor_of(rows[row].bytes);
        cr_expect_eq(schema_skip(schema->root, &cursor), rows[row].passed, "%s", rows[row].label);
    }
    schema_free(schema);
    buffer_release(&text);
}

/* --- why there is no plan --- */

/* Our own schema with one piece of its text replaced. */
static struct schema *changed(const char *from, const char *to)
{
    struct buffer own = { 0 }, text = { 0 };
    const char *problem = NULL;
    buffer_add_bytes(&own, schema_text(SCHEMA_DECLARATION));
    buffer_add_byte(&own, '\0');
    const char *at = strstr(own.data, from);
    cr_assert(at != NULL, "the schema has no %s", from);
    buffer_add(&text, own.data, (size_t)(at - own.data));
    buffer_add_bytes(&text, bytes_of(to));
    buffer_add_bytes(&text, bytes_of(at + strlen(from)));
    buffer_release(&own);
    struct schema *schema = schema_parse(buffer_bytes(&text), &problem);
    cr_assert(schema != NULL, "%s", problem);
    buffer_release(&text);
    return schema;
}

/* Which field, what it is, what is read, and what Avro's own rules say. */
Test(plan, says_which_field_does_not_fit)
{
    static const struct { const char *from, *to, *said;
    } rows[] = {
        { "\"amount\", \"type\": \"long\"", "\"amount\", \"type\": \"string\"",
          "the field \"amount\" is a string, where a long is read (Avro C: Writer string not compatible with "
          "reader long)" },
        { "\"amount\", \"type\": \"long\"",
          "\"amount\", \"type\": {\"type\": \"array\", \"items\": \"long\"}",
          "the field \"amount\" is an array, where a long is read (Avro C: Writer array not compatible with "
          "reader long)" },
        { "\"amount\", \"type\": \"long\"", "\"amount\", \"type\": [\"null\", \"double\"]",
          "the field \"amount\" is a union of a null and a double, where a long is read "
          "(Avro C: No branches in the writer are compatible with reader schema long)" },
        { "\"amount\", \"type\": \"long\"",
          "\"amount\", \"type\": {\"type\": \"fixed\", \"name\": \"Secret\", \"size\": 8}",
          "the field \"amount\" is a fixed, where a long is read" },
        { "\"amount\", \"type\": \"long\"",
          "\"amount\", \"type\": {\"type\": \"long\", \"logicalType\": \"time-micros\"}",
          "the field \"amount\" is a long of a time in another unit, where a long is read "
          "(Avro C: by the types alone it could be read, as a wrong number)" },
        { "\"amount\"", "\"sum\"", "the schema lacks the field \"amount\", which has no default" },
        { "{\"type\": \"enum\", \"name\": \"Kind\", \"symbols\": [\"DEBIT\", \"CREDIT\", \"RELEASE\"]}",
          "{\"type\": {\"type\": \"string\"}}",
          "the field \"kind\" is a string, where an enum is read" }, /* beyond Avro C, which is not asked */
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        char sentence[256] = "";
        struct schema *schema = changed(rows[row].from, rows[row].to);
        plan_explain(schema, sentence, sizeof(sentence));
        cr_expect_str_eq(sentence, rows[row].said);
        schema_free(schema);
    }
}

Test(plan, names_the_other_fields_that_do_not_fit)
{
    const char *problem;
    char sentence[512];
    struct schema *schema = schema_parse(
        BYTES(
            "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"end_date\",\"type\":\"string\"}]}"),
        &problem);
    plan_explain(schema, sentence, sizeof(sentence));
    cr_expect_str_eq(
        sentence,
        "the field \"end_date\" is a string, where an int, the days since 1970 is read (Avro C: Writer "
        "string not compatible "
        "with reader int); at fault, too: \"declaration_id\", \"kind\", \"insurer\", \"insured\" and 7 more");
    schema_free(schema);
    schema = schema_parse(BYTES("[\"null\",\"int\"]"), &problem);
    plan_explain(schema, sentence, sizeof(sentence));
    cr_expect_str_eq(sentence, "the schema is no record");
    schema_free(schema);
}
