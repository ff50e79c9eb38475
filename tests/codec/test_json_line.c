#include <criterion/criterion.h>

#include "base/limits.h"
#include "codec/decoder.h"
#include "codec/json_line.h"
#include "codec/json_write.h"
#include "codec/output_codec.h"
#include "evolved.h"

#include <jansson.h>
#include <stdlib.h>

TestSuite(json_line, .timeout = 120);

/* --- round trip, in any order and with what we do not know --- */

static void add_member(struct buffer *line, bool *first, struct bytes name, struct bytes value,
                       struct choices *choices)
{
    static const char *const spaces[] = { "", "", "", " ", "\t", "\r\n " };
    buffer_add_bytes(line, *first ? BYTES("") : BYTES(","));
    *first = false;
    evolved_add(line, spaces[choice_below(choices, COUNT(spaces))]);
    json_add_string(line, name);
    evolved_add(line, spaces[choice_below(choices, COUNT(spaces))]);
    buffer_add_byte(line, ':');
    evolved_add(line, spaces[choice_below(choices, COUNT(spaces))]);
    buffer_add_bytes(line, value);
    evolved_add(line, spaces[choice_below(choices, COUNT(spaces))]);
}

static void add_field(struct buffer *line, bool *first, size_t index, struct evolved *given,
                      struct choices *choices)
{
    const struct reader_field *field = &reader_fields[index];
    struct buffer value = { 0 };
    switch ((enum reader_type)field->type) {
    case READER_STRING: json_add_string(&value, *evolved_string(given, field)); break;
    case READER_INT:
    case READER_LONG: json_add_number(&value, evolved_number(given, field)); break;
    case READER_MAYBE_INT:
        if (evolved_is_null(given, field))
            evolved_add(&value, "null");
        else
            json_add_number(&value, evolved_number(given, field));
        break;
    case READER_DATE: json_add_day(&value, (int32_t)evolved_number(given, field)); break;
    case READER_MOMENT: json_add_moment(&value, evolved_number(given, field)); break;
    case READER_ENUM: json_add_string(&value, field->symbols[evolved_number(given, field)]); break;
    }
    add_member(line, first, field->name, buffer_bytes(&value), choices);
    buffer_release(&value);
}

/* A declaration's fields in any order, absent ones left out now and then, unknown ones between them. */
static void draw_line(struct choices *choices, struct evolved *given, struct buffer *line)
{
    static const char *const unknown[] = { "1",
                                           "null",
                                           "[]",
                                           "{}",
                                           "[1,[2,{\"a\":\"]\"}],-0.5e+3]",
                                           "{\"insured\":\"x\",\"a\":{\"b\":[true,false]}}",
                                           "\"\\u20ac\\n\"",
                                           "123456789012345678901234567890" };
    size_t order[FIELD_COUNT];
    bool first = true;
    draw_begin();
    *given = (struct evolved){ .expected = draw_declaration(choices) };
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t at = i - choice_below(choices, i + 1);
        order[i] = i;
        order[i] = order[at];
        order[at] = i;
    }
    buffer_clear(line);
    buffer_add_byte(line, '{');
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const struct reader_field *field = &reader_fields[order[i]];
        if (choice_chance(choices, 100)) {
            char name[24];
            snprintf(name, sizeof(name), "extra%zu", i);
            add_member(line, &first, bytes_of(name), bytes_of(unknown[choice_below(choices, COUNT(unknown))]),
                       choices);
        }
        if (field->may_be_absent && choice_chance(choices, 200))
            evolved_leave_out(given, field);
        else
            add_field(line, &first, order[i], given, choices);
    }
    buffer_add_byte(line, '}');
}

static bool json_round_trip(struct choices *choices, void *context)
{
    struct buffer line = { 0 };
    struct evolved given;
    struct declaration read;
    draw_line(choices, &given, &line);
    bool accepted = json_line_read(context, buffer_bytes(&line), &read);
    const char *difference = accepted ? declaration_difference(&given.expected, &read) : "accepted";
    choice_tell(choices, "%.*s\n    %s", BYTES_ARGS(buffer_bytes(&line)), difference ? difference : "");
    buffer_release(&line);
    return difference == NULL;
}

Test(json_line, reads_fields_in_any_order)
{
    struct json_scratch *scratch = json_scratch_new();
    cr_assert(property_holds("json in any order", json_round_trip, scratch, 10000, 7));
    json_scratch_free(scratch);
}

static bool encoder_round_trip(struct choices *choices, void *context)
{
    draw_begin();
    struct declaration given = draw_declaration(choices), read;
    struct buffer line = { 0 };
    declaration_to_json(&given, &line);
    struct result result = decoder_decode(context, buffer_bytes(&line), &read);
    const char *difference = result.verdict == DONE ? declaration_difference(&given, &read) : result.reason;
    choice_tell(choices, "%.*s\n    %s", BYTES_ARGS(buffer_bytes(&line)), difference ? difference : "");
    buffer_release(&line);
    return difference == NULL;
}

Test(json_line, reads_what_was_written)
{
    struct decoder *decoder = decoder_new(NULL, FRAMING_JSON, 0);
    cr_assert(property_holds("json round trip", encoder_round_trip, decoder, 10000, 8));
    decoder_free(decoder);
}

/* --- jansson as the oracle --- */

static bool model_field(const struct reader_field *field, json_t *value, struct declaration *declaration)
{
    void *into = (char *)declaration + field->offset;
    struct bytes text = { json_string_value(value), json_string_length(value) };
    if (field->type == READER_STRING && json_is_string(value)) {
        *(struct bytes *)into = text;
        return true;
    }
    if (field->type == READER_STRING)
        return json_is_null(value) && field->nullable;
    if (field->type == READER_LONG && json_is_integer(value))
        *(int64_t *)into = json_integer_value(value);
    if (field->type == READER_LONG)
        return json_is_integer(value);
    if (field->type == READER_MAYBE_INT && json_is_null(value))
        return true;
    if (field->type == READER_MAYBE_INT && json_integer_value(value) == 0)
        return false;
    if (field->type == READER_INT || field->type == READER_MAYBE_INT) {
        *(int32_t *)into = (int32_t)json_integer_value(value);
        return json_is_integer(value) && json_integer_value(value) == (int32_t)json_integer_value(value);
    }
    if (!json_is_string(value))
        return false;
    if (field->type == READER_DATE)
        return day_from_text(text, into);
    if (field->type == READER_MOMENT)
        return moment_from_text(text, into);
    for (size_t symbol = 0; symbol < field->symbols_count; symbol++)
        if (bytes_equal(text, field->symbols[symbol])) {
            *(uint8_t *)into = (uint8_t)symbol;
            return true;
        }
    return false;
}

static struct declaration model_read(json_t *object)
{
    struct declaration declaration = declaration_absent;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        json_t *value = json_object_get(object, reader_fields[i].name.data);
        if (value == NULL)
            continue;
        declaration.unreadable |= 1u << i;
        if (model_field(&reader_fields[i], value, &declaration))
            declaration.unreadable &= ~(1u << i);
    }
    return declaration;
}

/* Where jansson cannot be asked: it refuses numbers that a double cannot hold and NUL in names, and does not
 * know our depth. */
static bool oracle_is_silent(const json_error_t *error, struct bytes line)
{
    size_t depth = 0, deepest = 0;
    for (size_t i = 0; i < line.length; i++) {
        depth += line.data[i] == '[' || line.data[i] == '{';
        depth -= (line.data[i] == ']' || line.data[i] == '}') && depth > 0;
        deepest = depth > deepest ? depth : deepest;
    }
    enum json_error_code code = json_error_code(error);
    return deepest > JSON_DEPTH_MAX + 1 || code == json_error_numeric_overflow ||
           code == json_error_null_byte_in_key;
}

static const char *compare_with_jansson(struct json_scratch *scratch, struct bytes line)
{
    struct declaration read, model;
    json_error_t error = { 0 }, duplicate = { 0 };
    bool accepted = json_line_read(scratch, line, &read);
    const size_t flags = JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
    json_t *any = json_loadb(line.data, line.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (any == NULL && json_error_code(&error) == json_error_numeric_overflow)
        /* an integer of more than 64 bits */
        any = json_loadb(line.data, line.length, flags | JSON_DECODE_ANY, &error);
    json_t *unique =
        json_loadb(line.data, line.length, flags | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &duplicate);
    const char *difference = NULL;
    bool twice = any && unique == NULL, nested = false;
    for (size_t i = 1; i < line.length; i++)
        nested |= line.data[i] == '{';
    if (any == NULL && oracle_is_silent(&error, line))
        difference = NULL;
    else if (twice && nested)
        difference = NULL; /* in which of the objects? */
    else if (accepted != (json_is_object(any) && !twice) && !oracle_is_silent(&error, line))
        difference = accepted ? "we accept, jansson does not" : "jansson accepts, we do not";
    else if (accepted && json_error_code(&error) != json_error_numeric_overflow) {
        model = model_read(any);
        difference = declaration_difference(&model, &read);
        /* an integer that was decoded as a real stands for too large */
        for (size_t i = 0; difference && i < FIELD_COUNT; i++)
            if (json_is_real(json_object_get(any, reader_fields[i].name.data)))
                difference = NULL;
    }
    json_decref(any);
    json_decref(unique);
    return difference;
}

static bool mutated_line(struct choices *choices, void *context)
{
    static const char *const pieces[] = { "\"",
                                          "\\",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          ",",
                                          "0",
                                          "-",
                                          ".",
                                          "e",
                                          "null",
                                          "tru",
                                          "\\u0041",
                                          "\\ud83d\\ude00",
                                          "\\ud83d",
                                          "\\udc00",
                                          "\\u0000",
                                          "\xff",
                                          "\xc3",
                                          "\xed\xa0\x80",
                                          " ",
                                          "\x01",
                                          "\"insured\":1,",
                                          "\"x\":1,",
                                          "\"\\u0078\":2,",
                                          "9223372036854775808",
                                          "1E5" };
    struct buffer line = { 0 }, edited = { 0 };
    struct evolved given;
    draw_line(choices, &given, &line);
    size_t at = 0;
    for (uint64_t edits = choice_below(choices, 4); edits > 0; edits--) {
        size_t to = at + choice_below(choices, line.length - at + 1);
        buffer_add(&edited, line.data + at, to - at);
        at = to;
        if (choice_chance(choices, 500))
            evolved_add(&edited, pieces[choice_below(choices, COUNT(pieces))]);
        else
            at += choice_below(choices, line.length - at + 1) % 8;
        at = at > line.length ? line.length : at;
    }
    buffer_add(&edited, line.data + at, line.length - at);
    char *exact = malloc(edited.length ? edited.length : 1);
    memcpy(exact, edited.data, edited.length);
    const char *difference = compare_with_jansson(context, (struct bytes){ exact, edited.length });
    choice_tell(choices, "%.*s\n    %s", BYTES_ARGS(buffer_bytes(&edited)), difference ? difference : "");
    free(exact);
    buffer_release(&line);
    buffer_release(&edited);
    return difference == NULL;
}

Test(json_line, agrees_with_jansson_on_mutated_lines)
{
    struct json_scratch *scratch = json_scratch_new();
    cr_assert(property_holds("mutated json", mutated_line, scratch, 20000, 9));
    json_scratch_free(scratch);
}

/* Short texts of JSON's own pieces: the grammar, rather than the fields. */
static bool grammar_line(struct choices *choices, void *context)
{
    static const char *const pieces[] = { "{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          ",",
                                          "\"a\"",
                                          "\"b\"",
                                          "\"\\u0061\"",
                                          "\"insured\"",
                                          "0",
                                          "-0",
                                          "01",
                                          "1.5",
                                          "1.",
                                          ".5",
                                          "1e",
                                          "1e+2",
                                          "-",
                                          "+1",
                                          "true",
                                          "false",
                                          "null",
                                          "nul",
                                          " ",
                                          "\"",
                                          "\\",
                                          "\"\\x\"",
                                          "\"\xC3\xA9\"",
                                          "\"\xC3\"",
                                          "\xEF\xBB\xBF",
                                          "\"\t\"" };
    struct buffer line = { 0 };
    bool object = choice_chance(choices, 800);
    evolved_add(&line, object ? "{" : "");
    for (uint64_t count = choice_below(choices, 14); count > 0; count--) {
        if (object && choice_chance(choices, 600)) {
            evolved_add(&line, choice_chance(choices, 500) ? "\"a\":" : ",\"b\":");
            evolved_add(&line, pieces[choice_below(choices, COUNT(pieces))]);
        } else {
            evolved_add(&line, pieces[choice_below(choices, COUNT(pieces))]);
        }
    }
    evolved_add(&line, object ? "}" : "");
    const char *difference = compare_with_jansson(context, buffer_bytes(&line));
    choice_tell(choices, "%.*s\n    %s", BYTES_ARGS(buffer_bytes(&line)), difference ? difference : "");
    buffer_release(&line);
    return difference == NULL;
}

Test(json_line, agrees_with_jansson_on_the_grammar)
{
    struct json_scratch *scratch = json_scratch_new();
    cr_assert(property_holds("json grammar", grammar_line, scratch, 200000, 10));
    json_scratch_free(scratch);
}

/* --- rows --- */

Test(json_line, is_bad_json_or_not)
{
    static const struct { const char *label; struct bytes line; bool accepted; } rows[] = {
        { "an empty object", BYTES("{}"), true },
        { "space around it", BYTES(" \t{ } \r"), true },
        { "nothing", BYTES(""), false },
        { "an array", BYTES("[]"), false },
        { "a string", BYTES("\"a\""), false },
        { "two objects", BYTES("{}{}"), false },
        { "a comma too many", BYTES("{\"a\":1,}"), false },
        { "a known field twice", BYTES("{\"amount\":1,\"amount\":1}"), false },
        { "an unknown field twice", BYTES("{\"x\":1,\"y\":2,\"x\":1}"), false },
        { "the same name with an escape", BYTES("{\"x\":1,\"\\u0078\":1}"), false },
        { "a known name with an escape", BYTES("{\"amount\":1,\"\\u0061mount\":1}"), false },
        { "twice in a nested object only", BYTES("{\"x\":{\"a\":1,\"a\":2}}"), true },
        { "a lone surrogate", BYTES("{\"x\":\"\\ud83d\"}"), false },
        { "a pair of surrogates", BYTES("{\"x\":\"\\ud83d\\ude00\"}"), true },
        { "a byte order mark", BYTES("\xEF\xBB\xBF{}"), false },
        { "Latin-1", BYTES("{\"x\":\"\xE9\"}"), false },
        { "a raw control character", BYTES("{\"x\":\"\x01\"}"), false },
        { "a NUL byte in a string", BYTES("{\"x\":\"\0\"}"), false },
        { "a NUL byte behind the object", BYTES("{}\0"), false },
        { "a wrong type is no bad JSON", BYTES("{\"amount\":\"x\"}"), true },
        { "a number too large", BYTES("{\"amount\":99999999999999999999999}"), true },
        { "a comment", BYTES("{} // x"), false },
        { "single quotes", BYTES("{'a':1}"), false },
        { "a name without quotes", BYTES("{a:1}"), false },
    };
    struct json_scratch *scratch = json_scratch_new();
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct declaration declaration;
        cr_expect_eq(json_line_read(scratch, rows[row].line, &declaration), rows[row].accepted, "%s",
                     rows[row].label);
    }
    json_scratch_free(scratch);
}

Test(json_line, marks_a_field_unreadable)
{
    static const struct { const char *line; uint32_t readable, unreadable;
    } rows[] = {
        { "{\"amount\":5}", 1u << FIELD_AMOUNT, 0 },
        { "{\"amount\":-0}", 1u << FIELD_AMOUNT, 0 },
        { "{\"amount\":5.0}", 0, 1u << FIELD_AMOUNT },
        { "{\"amount\":5e0}", 0, 1u << FIELD_AMOUNT },
        { "{\"amount\":\"5\"}", 0, 1u << FIELD_AMOUNT },
        { "{\"amount\":null}", 0, 1u << FIELD_AMOUNT },
        { "{\"amount\":9223372036854775807}", 1u << FIELD_AMOUNT, 0 },
        { "{\"amount\":-9223372036854775808}", 1u << FIELD_AMOUNT, 0 },
        { "{\"amount\":9223372036854775808}", 0, 1u << FIELD_AMOUNT },
        { "{\"amount\":true}", 0, 1u << FIELD_AMOUNT },
        { "{\"quantity\":2147483648}", 0, 1u << FIELD_QUANTITY },
        { "{\"quantity\":-2147483649}", 0, 1u << FIELD_QUANTITY },
        { "{\"quantity\":-2147483648}", 1u << FIELD_QUANTITY, 0 },
        { "{\"quantity\":null}", 0, 1u << FIELD_QUANTITY },
        { "{\"serial\":null}", 1u << FIELD_SERIAL, 0 },
        { "{\"serial\":0}", 0, 1u << FIELD_SERIAL },
        { "{\"serial\":2147483648}", 0, 1u << FIELD_SERIAL },
        { "{\"serial\":\"1\"}", 0, 1u << FIELD_SERIAL },
        { "{}",
          1u << FIELD_QUANTITY | 1u << FIELD_LATERALITY | 1u << FIELD_DIAGNOSIS_SYSTEM |
              1u << FIELD_CREDITS_ID,
          1u << FIELD_AMOUNT | 1u << FIELD_KIND },
        { "{\"laterality\":null}", 0, 1u << FIELD_LATERALITY },
        { "{\"laterality\":\"left\"}", 0, 1u << FIELD_LATERALITY },
        { "{\"laterality\":\"LEFT\"}", 1u << FIELD_LATERALITY, 0 },
        { "{\"diagnosis_system\":null}", 0, 1u << FIELD_DIAGNOSIS_SYSTEM },
        { "{\"kind\":0}", 0, 1u << FIELD_KIND },
        { "{\"insured\":null}", 0, 1u << FIELD_INSURED },
        { "{\"insured\":123456782}", 0, 1u << FIELD_INSURED },
        { "{\"insured\":[\"p1\"]}", 0, 1u << FIELD_INSURED },
        { "{\"referrer\":null,\"specialism\":null,\"diagnosis\":null,\"subtype\":null,\"trajectory\":null,"
          "\"credits_id\":null}",
          1u << FIELD_REFERRER | 1u << FIELD_SPECIALISM | 1u << FIELD_DIAGNOSIS | 1u << FIELD_SUBTYPE |
              1u << FIELD_TRAJECTORY,
          0 },
        { "{\"referrer\":false}", 0, 1u << FIELD_REFERRER },
        { "{\"start_date\":\"2026-02-29\"}", 0, 1u << FIELD_START_DATE },
        { "{\"start_date\":\"2024-02-29\"}", 1u << FIELD_START_DATE, 0 },
        { "{\"start_date\":20000}", 0, 1u << FIELD_START_DATE },
        { "{\"start_date\":\"2026-3-12\"}", 0, 1u << FIELD_START_DATE },
        { "{\"submitted_at\":\"2026-03-12T09:00:00Z\"}", 0, 1u << FIELD_SUBMITTED_AT },
        { "{\"submitted_at\":\"2026-03-12T09:00:00.000+00:00\"}", 0, 1u << FIELD_SUBMITTED_AT },
        { "{\"submitted_at\":\"2026-03-12T09:00:00.000Z\"}", 1u << FIELD_SUBMITTED_AT, 0 },
        { "{\"start_date\":\"2024-02-2\\u0039\"}", 1u << FIELD_START_DATE, 0 },
    };
    struct json_scratch *scratch = json_scratch_new();
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct declaration declaration = { 0 };
        cr_assert(json_line_read(scratch, bytes_of(rows[row].line), &declaration), "%s", rows[row].line);
        cr_expect_eq(declaration.unreadable & (rows[row].readable | rows[row].unreadable),
                     rows[row].unreadable, "%s", rows[row].line);
    }
    json_scratch_free(scratch);
}

Test(json_line, keeps_every_string_with_escapes_apart)
{
    struct json_scratch *scratch = json_scratch_new();
    struct declaration d;
    cr_assert(
        json_line_read(scratch,
                       BYTES("{\"insured\":\"p\\u0031\",\"\\u0061mount\":7,\"provider\":\"\\u0030\\/"
                             "\\t\",\"care_code\":\"x\\u0000y\",\"diagnosis\":\"\\u20ac\\ud83d\\ude00\"}"),
                       &d));
    cr_expect(bytes_equal(d.insured, BYTES("p1")));
    cr_expect_eq(d.amount, 7);
    cr_expect(bytes_equal(d.provider, BYTES("0/\t")));
    cr_expect(bytes_equal(d.care_code, BYTES("x\0y")));
    cr_expect(bytes_equal(d.diagnosis, BYTES("\xE2\x82\xAC\xF0\x9F\x98\x80")));
    json_scratch_free(scratch);
}

Test(json_line, has_a_limit_on_depth_and_none_on_names)
{
    struct json_scratch *scratch = json_scratch_new();
    struct declaration declaration;
    for (int depth = 31; depth <= 34; depth++)
        for (int arrays = 0; arrays <= 2; arrays++) { /* objects only, arrays only, both by turns */
            struct buffer line = { 0 };
            evolved_add(&line, "{\"x\":");
            for (int i = 0; i < depth; i++)
                evolved_add(&line, arrays == 1 || (arrays == 2 && i % 2) ? "[" : "{\"y\":");
            evolved_add(&line, "1");
            for (int i = depth; i-- > 0;)
                evolved_add(&line, arrays == 1 || (arrays == 2 && i % 2) ? "]" : "}");
            evolved_add(&line, "}");
            cr_expect_eq(json_line_read(scratch, buffer_bytes(&line), &declaration), depth <= JSON_DEPTH_MAX,
                         "%d, %d", depth, arrays);
            buffer_release(&line);
        }
    struct buffer line = { 0 };
    char name[32];
    evolved_add(&line, "{");
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof(name), "%s\"%d\":0", i ? "," : "", i);
        evolved_add(&line, name);
    }
    evolved_add(&line, ",\"amount\":3}");
    cr_expect(json_line_read(scratch, buffer_bytes(&line), &declaration));
    cr_expect_eq(declaration.amount, 3);
    line.length--;
    evolved_add(&line, ",\"49999\":0}");
    cr_expect(!json_line_read(scratch, buffer_bytes(&line), &declaration));
    buffer_release(&line);
    json_scratch_free(scratch);
}
