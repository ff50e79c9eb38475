#include <criterion/criterion.h>

#include "base/limits.h"
#include "codec/output_codec.h"
#include "codec/schema.h"
#include "evolved.h"

#include <avro.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

TestSuite(schema, .timeout = 60);

/* Vectors of the Avro specification's own test data (schema-tests.txt). */
Test(schema, has_the_fingerprint_of_the_specification)
{
    static const struct { const char *text; int64_t fingerprint; const char *canonical;
    } rows[] = {
        { "\"null\"", 7195948357588979594, "\"null\"" },
        { "{\"type\":\"boolean\"}", -6970731678124411036, "\"boolean\"" },
        { " \"int\" ", 8247732601305521295, "\"int\"" },
        { "\"long\"", -3434872931120570953, "\"long\"" },
        { "\"float\"", 5583340709985441680, "\"float\"" },
        { "\"double\"", -8181574048448539266, "\"double\"" },
        { "\"bytes\"", 5746618253357095269, "\"bytes\"" },
        { "\"string\"", -8142146995180207161, "\"string\"" },
        { "{\"type\":\"fixed\",\"name\":\"foo\",\"size\":15}", 1756455273707447556,
          "{\"name\":\"foo\",\"type\":\"fixed\",\"size\":15}" },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        const char *problem = NULL;
        struct buffer canonical = { 0 };
        struct schema *schema = schema_parse(bytes_of(rows[row].text), &problem);
        cr_assert(schema != NULL, "%s: %s", rows[row].text, problem);
        schema_canonical(schema->root, &canonical);
        cr_expect(bytes_equal(buffer_bytes(&canonical), bytes_of(rows[row].canonical)), "%s became %.*s",
                  rows[row].text, BYTES_ARGS(buffer_bytes(&canonical)));
        cr_expect_eq((int64_t)schema->fingerprint, rows[row].fingerprint, "%s", rows[row].text);
        buffer_release(&canonical);
        schema_free(schema);
    }
}

Test(schema, writes_the_canonical_form)
{
    static const struct { const char *text, *canonical;
    } rows[] = {
        { "{\"doc\":\"d\",\"fields\":[{\"default\":1,\"type\":{\"type\":\"int\",\"logicalType\":\"date\"},"
          "\"name\":\"a\"}],\"namespace\":\"x.y\",\"name\":\"R\",\"type\":\"record\",\"aliases\":[\"Q\"]}",
          "{\"name\":\"x.y.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}" },
        { "{\"type\":\"record\",\"name\":\"z.R\",\"namespace\":\"x\",\"fields\":[{\"name\":\"a\",\"type\":{"
          "\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}},{\"name\":\"b\",\"type\":[\"null\","
          "\"E\",\"z.R\"]}]}",
          "{\"name\":\"z.R\",\"type\":\"record\",\"fields\":[{\"name\":\"a\",\"type\":{\"name\":\"z.E\","
          "\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}},{\"name\":\"b\",\"type\":[\"null\",\"z.E\",\"z.R\"]}"
          "]}" },
        { "{\"type\":\"map\",\"values\":{\"items\":\"long\",\"type\":\"array\"}}",
          "{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"long\"}}" },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        const char *problem = NULL;
        struct buffer canonical = { 0 };
        struct schema *schema = schema_parse(bytes_of(rows[row].text), &problem);
        cr_assert(schema != NULL, "%s: %s", rows[row].text, problem);
        schema_canonical(schema->root, &canonical);
        cr_expect(bytes_equal(buffer_bytes(&canonical), bytes_of(rows[row].canonical)), "%s became %.*s",
                  rows[row].text, BYTES_ARGS(buffer_bytes(&canonical)));
        buffer_release(&canonical);
        schema_free(schema);
    }
}

/* What Avro C makes of it too, except where `oracle` says that it knows better or worse. */
Test(schema, refuses_what_is_no_schema)
{
    enum { SAME, WITHOUT_ORACLE };
    static const struct { const char *text, *problem; int oracle;
    } rows[] = {
        { "\"string\"", NULL, SAME },
        { "", "is no JSON", SAME },
        { "{", "is no JSON", SAME },
        { "\"strin\"", "names a type that it does not define before", SAME },
        { "17", "has no type where one is asked for", SAME },
        { "[]", "has a union without branches, or with too many", WITHOUT_ORACLE },
        { "[\"null\",\"null\"]", "has a union with one type twice", WITHOUT_ORACLE },
        { "[\"null\",[\"int\"]]", "has a union inside a union", WITHOUT_ORACLE },
        { "{\"name\":\"x\"}", "has a type without its name", SAME },
        { "{\"type\":\"record\",\"fields\":[]}", "has a record, enum or fixed without a proper name", SAME },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}", NULL, SAME },
        { "{\"type\":\"record\",\"name\":\"R\"}", "has a record without a list of fields, or with too many",
          SAME },
        { "{\"type\":\"record\",\"name\":\"1R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"}]}",
          "has a record, enum or fixed without a proper name", SAME },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\"}]}",
          "has no type where one is asked for", SAME },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"type\":\"int\"}]}",
          "has a field without a proper name, or twice", SAME },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"a\","
          "\"type\":\"int\"}]}",
          "has a field without a proper name, or twice", WITHOUT_ORACLE },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[\"A\",\"A\"]}",
          "has an enum with a bad symbol, or one twice", WITHOUT_ORACLE },
        { "{\"type\":\"enum\",\"name\":\"E\"}", "has an enum without a list of symbols, or with too many",
          SAME },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":-1}", "has a fixed without a proper size",
          WITHOUT_ORACLE },
        { "{\"type\":\"fixed\",\"name\":\"F\"}", "has a fixed without a proper size", SAME },
        { "{\"type\":\"array\"}", "has no type where one is asked for", SAME },
        { "{\"type\":\"map\",\"values\":\"nothing\"}", "names a type that it does not define before", SAME },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":{\"type\":\"fixed\","
          "\"name\":\"R\",\"size\":1}}]}",
          "defines a name twice, or too many names", WITHOUT_ORACLE },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"a\",\"type\":[\"null\",\"R\"]}]}",
          NULL, SAME },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        const char *problem = NULL;
        struct schema *schema = schema_parse(bytes_of(rows[row].text), &problem);
        cr_expect((schema == NULL) == (rows[row].problem != NULL), "%s", rows[row].text);
        if (schema == NULL && rows[row].problem)
            cr_expect_str_eq(problem, rows[row].problem, "%s", rows[row].text);
        schema_free(schema);
        if (rows[row].oracle != SAME)
            continue;
        avro_schema_t theirs = NULL;
        bool accepts = avro_schema_from_json_length(rows[row].text, strlen(rows[row].text), &theirs) == 0;
        cr_expect_eq(accepts, rows[row].problem == NULL, "avro-c on %s", rows[row].text);
        if (accepts)
            avro_schema_decref(theirs);
    }
}

/* Others write these, and Avro C 1.11.1 reads none of them; what it may be asked about, it is asked about. */
Test(schema, asks_avro_c_too_but_for_what_it_is_known_to_refuse)
{
    static const struct { const char *text; bool asked;
    } rows[] = {
        { "\"int\"", true },
        { "{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"fields\":[{\"name\":\"f\",\"type\":["
          "\"null\",\"R\"]},"
          "{\"name\":\"g\",\"type\":{\"type\":\"map\",\"values\":{\"type\":\"array\",\"items\":\"a.b.R\"}}}]"
          "}",
          true },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[]}", true },
        { "{\"type\":\"fixed\",\"name\":\"F\",\"size\":0}", true },
        { "{\"type\":\"error\",\"name\":\"R\",\"fields\":[]}", false },
        { "{\"type\":{\"type\":\"int\"}}", false },
        { "{\"type\":[\"null\",\"int\"]}", false },
        { "{\"type\":\"enum\",\"name\":\"E\",\"symbols\":[]}", false },
        { "{\"type\":\"record\",\"name\":\"a.R\",\"fields\":[{\"name\":\"f\",\"type\":{\"type\":\"fixed\","
          "\"name\":\"F\",\"namespace\":\"\",\"size\":1}},"
          "{\"name\":\"g\",\"type\":\"F\"}]}",
          false },
        { "{\"type\":\"record\",\"name\":\"R\",\"fields\":[{\"name\":\"f\",\"type\":{\"type\":\"fixed\","
          "\"name\":\"map\",\"size\":1}},"
          "{\"name\":\"g\",\"type\":\"map\"}]}",
          false },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        const char *problem = NULL;
        struct schema *schema = schema_parse(bytes_of(rows[row].text), &problem);
        cr_assert(schema != NULL, "%s: %s", rows[row].text, problem);
        cr_expect_eq(schema->avro_c != NULL, rows[row].asked, "%s", rows[row].text);
        schema_free(schema);
    }
}

Test(schema, refuses_nesting_without_end)
{
    struct buffer text = { 0 };
    const char *problem = NULL;
    for (int i = 0; i < 33; i++)
        evolved_add(&text, "{\"type\":\"array\",\"items\":");
    evolved_add(&text, "\"int\"");
    for (int i = 0; i < 33; i++)
        evolved_add(&text, "}");
    cr_expect(schema_parse(buffer_bytes(&text), &problem) == NULL);
    cr_expect_str_eq(problem, "is nested too deep");
    struct schema *schema = schema_parse((struct bytes){ text.data + 24, text.length - 25 }, &problem);
    cr_expect(schema != NULL, "32 levels are fine: %s", problem);
    schema_free(schema);
    buffer_clear(&text);
    for (int i = 0; i < SCHEMA_BYTES_MAX; i++)
        buffer_add_byte(&text, '[');
    cr_expect(schema_parse(buffer_bytes(&text), &problem) == NULL);
    cr_expect_str_eq(problem, "is no JSON");
    buffer_add_byte(&text, '[');
    cr_expect(schema_parse(buffer_bytes(&text), &problem) == NULL);
    cr_expect_str_eq(problem, "is too long");
    buffer_release(&text);
}

/* A mutated text ends in a schema or a sentence; what we accept has a canonical form that reads back as
 * itself. */
static bool mutated_schema(struct choices *choices, void *context)
{
    struct bytes from = schema_text((enum schema_name)choice_below(choices, SCHEMA_COUNT));
    (void)context;
    char *text = malloc(from.length);
    memcpy(text, from.data, from.length);
    for (uint64_t edits = choice_below(choices, 4); edits > 0; edits--) {
        size_t at = choice_below(choices, from.length), to = choice_below(choices, from.length),
               length = choice_below(choices, 40);
        if (at + length <= from.length && to + length <= from.length)
            memmove(text + to, text + at, length);
    }
    const char *problem = NULL;
    struct schema *schema = schema_parse((struct bytes){ text, from.length }, &problem), *again = NULL;
    bool holds = schema != NULL || (problem != NULL && strstr(problem, "Avro C") == NULL);
    if (schema) {
        struct buffer canonical = { 0 };
        schema_canonical(schema->root, &canonical);
        again = schema_parse(buffer_bytes(&canonical), &problem);
        holds = again && again->fingerprint == schema->fingerprint;
        buffer_release(&canonical);
    }
    schema_free(again);
    schema_free(schema);
    free(text);
    return holds;
}

Test(schema, ends_any_text_in_a_schema_or_a_sentence)
{
    cr_assert(property_holds("mutated schemas", mutated_schema, NULL, 3000, 6));
}

/* --- our own --- */

static const char *const fields_of[SCHEMA_COUNT] = {
    [SCHEMA_DECLARATION] =
        "declaration_id kind credits_id insurer insured birth_date provider referrer specialism "
        "diagnosis_system diagnosis care_type "
        "care_code subtype trajectory laterality start_date end_date quantity amount submitted_at "
        "serial ",
    [SCHEMA_DECISION] = "insured declaration_id submitted_at kind insurer provider care_type care_code "
                        "start_date amount status reason payable covered "
                        "withheld refused reversed shares outside evidence cause revision as_of book ",
    [SCHEMA_EPISODE] = "insured insurer episode bundle side state opened_on opens_window closes_on ended_by "
                       "provider contract contract_version contractor "
                       "stratum budget charged result cost covered price projected opening_declaration "
                       "known_on lines measures settlement_revision "
                       "settlement_delta after_final cause revision as_of book ",
    [SCHEMA_ALERT] = "insured insurer type subject action severity bundle episode provider contract "
                     "contractor declaration_id observed limit unit "
                     "prevented evidence message cause revision as_of book ",
    [SCHEMA_DEAD_LETTER] = "key source partition offset reason message value ",
};
static const char *const names_of[SCHEMA_COUNT] = { "nl.bundelwacht.Declaration", "nl.bundelwacht.Decision",
                                                    "nl.bundelwacht.Episode", "nl.bundelwacht.Alert",
                                                    "nl.bundelwacht.DeadLetter" };
static const char *const files_of[SCHEMA_COUNT] = { "declaration", "decision", "episode", "alert",
                                                    "dead-letter" };

Test(schema, has_the_fields_of_the_semantics_in_their_order)
{
    for (int name = 0; name < SCHEMA_COUNT; name++) {
        const char *problem = NULL;
        struct schema *schema = schema_parse(schema_text((enum schema_name)name), &problem);
        cr_assert(schema != NULL, "%s", problem);
        struct buffer fields = { 0 };
        for (uint32_t i = 0; i < schema->root->count; i++) {
            buffer_add_bytes(&fields, schema->root->names[i]);
            buffer_add_byte(&fields, ' ');
        }
        cr_expect(bytes_equal(buffer_bytes(&fields), bytes_of(fields_of[name])), "%s has %.*s",
                  files_of[name], BYTES_ARGS(buffer_bytes(&fields)));
        cr_expect(bytes_equal(schema->root->name, bytes_of(names_of[name])));
        buffer_release(&fields);
        schema_free(schema);
    }
}

static void expect_docs(json_t *node, const char *path)
{
    size_t index;
    json_t *field;
    if (json_is_object(node) && json_object_get(node, "fields")) {
        cr_expect(json_string_length(json_object_get(node, "doc")) > 0, "%s", path);
        json_array_foreach(json_object_get(node, "fields"), index, field) {
            const char *name = json_string_value(json_object_get(field, "name"));
            cr_expect(json_string_length(json_object_get(field, "doc")) > 0, "%s of %s has a doc", name,
                      path);
            expect_docs(json_object_get(field, "type"), name);
        }
    } else if (json_is_object(node) && json_object_get(node, "items")) {
        expect_docs(json_object_get(node, "items"), path);
    }
}

Test(schema, explains_every_field_and_is_the_file)
{
    for (int name = 0; name < SCHEMA_COUNT; name++) {
        char path[256], file_text[32768];
        struct bytes text = schema_text((enum schema_name)name);
        snprintf(path, sizeof(path), SOURCE_DIR "/schemas/%s.avsc", files_of[name]);
        FILE *file = fopen(path, "r");
        cr_assert(file != NULL, "%s", path);
        size_t length = fread(file_text, 1, sizeof(file_text), file);
        fclose(file);
        cr_expect(bytes_equal(text, (struct bytes){ file_text, length }), "%s is embedded as it stands",
                  path);
        json_t *json = json_loadb(text.data, text.length, JSON_REJECT_DUPLICATES, NULL);
        expect_docs(json, files_of[name]);
        json_decref(json);
        avro_schema_t theirs = NULL;
        cr_expect_eq(avro_schema_from_json_length(text.data, text.length, &theirs), 0, "avro-c reads %s: %s",
                     path, avro_strerror());
        avro_schema_decref(theirs);
    }
}

/* Symbols, types and defaults of the declaration against the one list in declaration.h. */
Test(schema, of_the_declaration_is_that_of_the_table)
{
    static const char *const types[] = { [READER_STRING] = "\"string\"",
                                         [READER_INT] = "\"int\"",
                                         [READER_MAYBE_INT] = "\"int\"",
                                         [READER_LONG] = "\"long\"",
                                         [READER_DATE] = "{\"type\":\"int\",\"logicalType\":\"date\"}",
                                         [READER_MOMENT] =
                                             "{\"type\":\"long\",\"logicalType\":\"timestamp-millis\"}" };
    struct bytes text = schema_text(SCHEMA_DECLARATION);
    json_t *json = json_loadb(text.data, text.length, 0, NULL), *fields = json_object_get(json, "fields");
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct reader_field *ours = &reader_fields[i];
        json_t *field = json_array_get(fields, i), *type = json_object_get(field, "type"),
               *otherwise = json_object_get(field, "default");
        cr_expect_str_eq(json_string_value(json_object_get(field, "name")), ours->name.data);
        cr_expect_eq(otherwise != NULL, ours->may_be_absent, "%s", ours->name.data);
        if (ours->nullable) {
            cr_expect(json_is_null(otherwise) && json_array_size(type) == 2, "%s", ours->name.data);
            cr_expect_str_eq(json_string_value(json_array_get(type, 0)), "null");
            cr_expect_str_eq(json_string_value(json_array_get(type, 1)),
                             ours->type == READER_STRING ? "string" : "int");
        } else if (ours->type == READER_ENUM) {
            json_t *symbols = json_object_get(type, "symbols");
            cr_assert_eq(json_array_size(symbols), ours->symbols_count, "%s", ours->name.data);
            for (size_t symbol = 0; symbol < ours->symbols_count; symbol++)
                cr_expect_str_eq(json_string_value(json_array_get(symbols, symbol)),
                                 ours->symbols[symbol].data);
            if (otherwise)
                cr_expect_str_eq(json_string_value(otherwise), "NONE");
        } else {
            json_t *wanted = json_loads(types[ours->type], JSON_DECODE_ANY, NULL);
            cr_expect(json_equal(type, wanted), "%s", ours->name.data);
            json_decref(wanted);
            if (otherwise)
                cr_expect_eq(json_integer_value(otherwise), 1);
        }
    }
    json_decref(json);
}
