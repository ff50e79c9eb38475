#include <criterion/criterion.h>

#include "codec/output_codec.h"
#include "draw.h"

#include <avro.h>
#include <jansson.h>
#include <stdlib.h>

TestSuite(output_codec, .timeout = 120);

/* --- both forms of one record say the same, field by field in the order of the schema --- */

static avro_schema_t schemas[SCHEMA_COUNT];
static json_t *schema_jsons[SCHEMA_COUNT];

static void load_schemas(void)
{
    for (int name = 0; name < SCHEMA_COUNT; name++) {
        struct bytes text = schema_text((enum schema_name)name);
        cr_assert(avro_schema_from_json_length(text.data, text.length, &schemas[name]) == 0);
        schema_jsons[name] = json_loadb(text.data, text.length, 0, NULL);
    }
}

static void free_schemas(void)
{
    for (int name = 0; name < SCHEMA_COUNT; name++) {
        avro_schema_decref(schemas[name]);
        json_decref(schema_jsons[name]);
    }
}

static bool same_value(avro_value_t *value, json_t *json, json_t *type);

static bool same_record(avro_value_t *value, json_t *json, json_t *type, size_t skipped)
{
    json_t *fields = json_object_get(type, "fields"), *item;
    const char *name;
    size_t at = 0;
    if (json_object_size(json) != json_array_size(fields) + skipped)
        return false;
    json_object_foreach(json, name, item) { /* jansson keeps the order in which it read them */
        avro_value_t field = { 0 };
        const char *field_name = "";
        if (at++ < skipped)
            continue;
        json_t *row = json_array_get(fields, at - 1 - skipped);
        if (strcmp(name, json_string_value(json_object_get(row, "name"))) != 0)
            return false;
        if (avro_value_get_by_index(value, at - 1 - skipped, &field, &field_name) != 0 ||
            strcmp(name, field_name) != 0)
            return false;
        if (!same_value(&field, item, json_object_get(row, "type")))
            return false;
    }
    return true;
}

static bool same_array(avro_value_t *value, json_t *json, json_t *type)
{
    size_t size = 0;
    avro_value_get_size(value, &size);
    if (!json_is_array(json) || json_array_size(json) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        avro_value_t item = { 0 };
        avro_value_get_by_index(value, i, &item, NULL);
        if (!same_record(&item, json_array_get(json, i), json_object_get(type, "items"), 0))
            return false;
    }
    return true;
}

static bool same_time(int64_t number, json_t *json, const char *logical)
{
    char text[MOMENT_TEXT_BYTES];
    size_t length = strcmp(logical, "date") == 0 ? DAY_TEXT_BYTES : MOMENT_TEXT_BYTES;
    if (length == DAY_TEXT_BYTES)
        day_to_text((int32_t)number, text);
    else
        moment_to_text(number, text);
    return json_is_string(json) &&
           bytes_equal((struct bytes){ json_string_value(json), json_string_length(json) },
                       (struct bytes){ text, length });
}

static bool same_number(int64_t number, json_t *json, json_t *type)
{
    const char *logical = json_string_value(json_object_get(type, "logicalType"));
    return logical ? same_time(number, json, logical)
                   : json_is_integer(json) && json_integer_value(json) == number;
}

static size_t from_base64(const char *text, unsigned char *ret_bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = 0;
    unsigned bits = 0, group = 0;
    for (; *text && *text != '='; text++) {
        group = group << 6 | (unsigned)(strchr(digits, *text) - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            ret_bytes[length++] = (unsigned char)(group >> bits);
        }
    }
    return length;
}

static bool same_span(avro_value_t *value, json_t *json)
{
    const char *text = NULL;
    const void *raw = NULL;
    size_t size = 0;
    if (!json_is_string(json))
        return false;
    if (avro_value_get_type(value) == AVRO_STRING) {
        avro_value_get_string(value, &text, &size);
        return bytes_equal((struct bytes){ text, size - 1 },
                           (struct bytes){ json_string_value(json), json_string_length(json) });
    }
    unsigned char bytes[4096];
    avro_value_get_bytes(value, &raw, &size);
    return json_string_length(json) % 4 == 0 && from_base64(json_string_value(json), bytes) == size &&
           memcmp(bytes, raw, size) == 0;
}

static bool same_union(avro_value_t *value, json_t *json, json_t *type)
{
    avro_value_t branch = { 0 };
    int index = -1;
    avro_value_get_discriminant(value, &index);
    avro_value_get_current_branch(value, &branch);
    if (index == 0)
        return json_is_null(json);
    return same_value(&branch, json, json_array_get(type, (size_t)index));
}

static bool same_value(avro_value_t *value, json_t *json, json_t *type)
{
    int32_t narrow;
    int64_t wide;
    int number;
    switch (avro_value_get_type(value)) {
    case AVRO_RECORD: return same_record(value, json, type, 0);
    case AVRO_ARRAY: return same_array(value, json, type);
    case AVRO_UNION: return same_union(value, json, type);
    case AVRO_INT32: return avro_value_get_int(value, &narrow) == 0 && same_number(narrow, json, type);
    case AVRO_INT64: return avro_value_get_long(value, &wide) == 0 && same_number(wide, json, type);
    case AVRO_BOOLEAN:
        return avro_value_get_boolean(value, &number) == 0 && json_is_boolean(json) &&
               json_is_true(json) == number;
    case AVRO_ENUM:
        return avro_value_get_enum(value, &number) == 0 &&
               strcmp(json_string_value(json),
                      json_string_value(json_array_get(json_object_get(type, "symbols"), (size_t)number))) ==
                   0;
    case AVRO_STRING:
    case AVRO_BYTES: return same_span(value, json);
    default: return false;
    }
}

/* No spaces outside of strings, and no control characters anywhere. */
static bool is_tight(struct bytes line)
{
    bool inside = false;
    for (size_t i = 0; i < line.length; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if (byte < 0x20 || byte == 0x7F || (!inside && byte == ' '))
            return false;
        if (byte == 0xC2 && i + 1 < line.length && (unsigned char)line.data[i + 1] < 0xA0)
            return false;
        if (inside && byte == '\\')
            i++;
        else if (byte == '"')
            inside = !inside;
    }
    return true;
}

static bool same_forms(enum schema_name name, struct bytes avro, struct bytes line, size_t skipped)
{
    avro_value_iface_t *class = avro_generic_class_from_schema(schemas[name]);
    avro_value_t value;
    avro_generic_value_new(class, &value);
    avro_reader_t reader = avro_reader_memory(avro.data, (int64_t)avro.length);
    char left;
    bool same = avro_value_read(reader, &value) == 0 && avro_read(reader, &left, 1) != 0;
    json_t *json = json_loadb(line.data, line.length, JSON_ALLOW_NUL, NULL);
    same = same && json && is_tight(line) && same_record(&value, json, schema_jsons[name], skipped);
    json_decref(json);
    avro_reader_free(reader);
    avro_value_decref(&value);
    avro_value_iface_decref(class);
    return same;
}

static bool output_forms(struct choices *choices, void *context)
{
    static const enum schema_name names[OUTPUT_KIND_COUNT] = { SCHEMA_DECISION, SCHEMA_EPISODE,
                                                               SCHEMA_ALERT };
    struct output output;
    struct buffer avro = { 0 }, line = { 0 };
    (void)context;
    draw_begin();
    draw_output(choices, &output);
    output_to_avro(&output, &avro);
    output_to_json(&output, &line);
    bool same = same_forms(names[output.kind], buffer_bytes(&avro), buffer_bytes(&line), 1);
    choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&line)));
    buffer_release(&avro);
    buffer_release(&line);
    return same;
}

Test(output_codec, says_the_same_in_avro_and_json, .init = load_schemas, .fini = free_schemas)
{
    cr_assert(property_holds("both forms of an output", output_forms, NULL, 6000, 11));
}

static bool declaration_forms(struct choices *choices, void *context)
{
    struct buffer avro = { 0 }, line = { 0 };
    (void)context;
    draw_begin();
    struct declaration declaration = draw_declaration(choices);
    declaration_to_avro(&declaration, &avro);
    declaration_to_json(&declaration, &line);
    bool same = same_forms(SCHEMA_DECLARATION, buffer_bytes(&avro), buffer_bytes(&line), 0);
    choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&line)));
    buffer_release(&avro);
    buffer_release(&line);
    return same;
}

Test(output_codec, writes_declarations_alike, .init = load_schemas, .fini = free_schemas)
{
    cr_assert(property_holds("both forms of a declaration", declaration_forms, NULL, 6000, 12));
}

static bool dead_letter_forms(struct choices *choices, void *context)
{
    struct buffer avro = { 0 }, line = { 0 };
    char *value = NULL;
    (void)context;
    draw_begin();
    size_t length = choice_below(choices, 300);
    value = arena_alloc(&draw_pool, length + 1);
    for (size_t i = 0; i < length; i++)
        value[i] = (char)choice_below(choices, 256);
    struct bytes any = { value, length };
    struct dead_letter letter = { .key = choice_chance(choices, 300) ? any : draw_optional_text(choices, 64),
                                  .source = draw_text(choices, 20),
                                  .partition = draw_int(choices),
                                  .offset = draw_long(choices),
                                  .reason = draw_text(choices, 20),
                                  .message = draw_text(choices, 50),
                                  .value = choice_chance(choices, 800) ? any : BYTES_NULL };
    dead_letter_to_avro(&letter, &avro);
    dead_letter_to_json(&letter, &line);
    bool same = same_forms(SCHEMA_DEAD_LETTER, buffer_bytes(&avro), buffer_bytes(&line), 0);
    choice_tell(choices, "%.*s", BYTES_ARGS(buffer_bytes(&line)));
    buffer_release(&avro);
    buffer_release(&line);
    return same;
}

Test(output_codec, writes_dead_letters_of_any_bytes, .init = load_schemas, .fini = free_schemas)
{
    cr_assert(property_holds("both forms of a dead letter", dead_letter_forms, NULL, 6000, 13));
}

/* --- and what they say is what was given: one line of each, by hand --- */

static void expect_line(const struct output *output, const char *wanted)
{
    struct buffer line = { 0 };
    output_to_json(output, &line);
    cr_expect(bytes_equal(buffer_bytes(&line), bytes_of(wanted)), "wrote %.*s",
              BYTES_ARGS(buffer_bytes(&line)));
    buffer_release(&line);
}

Test(output_codec, writes_this_decision)
{
    const struct share shares[] = { { BYTES("hip/L/2026-03-12"), 12 }, { BYTES("other/-/2026-01-01"), -3 } };
    struct output output = { .kind = OUTPUT_DECISION,
                             .key = BYTES("p1/d1"),
                             .decision = { .insured = BYTES("p1"),
                                           .declaration_id = BYTES("d1"),
                                           .submitted_at = 1773306000000LL,
                                           .kind = KIND_CREDIT,
                                           .insurer = 3311,
                                           .provider = BYTES("01234567"),
                                           .care_type = CARE_ADD_ON,
                                           .care_code = BYTES("15\"A"),
                                           .start_date = 20524,
                                           .amount = 1,
                                           .status = STATUS_SPLIT,
                                           .reason = REASON_other_side,
                                           .payable = 2,
                                           .covered = 3,
                                           .withheld = 4,
                                           .refused = 5,
                                           .reversed = 6,
                                           .shares = shares,
                                           .shares_count = 2,
                                           .outside = 7,
                                           .evidence = BYTES("d0"),
                                           .cause = BYTES("clock"),
                                           .revision = 8,
                                           .as_of = 20525,
                                           .book = BYTES("b\n") } };
    expect_line(&output, "{\"key\":\"p1/"
                         "d1\",\"insured\":\"p1\",\"declaration_id\":\"d1\",\"submitted_at\":\"2026-03-12T09:"
                         "00:00.000Z\",\"kind\":\"CREDIT\","
                         "\"insurer\":3311,\"provider\":\"01234567\",\"care_type\":\"ADD_ON\",\"care_code\":"
                         "\"15\\\"A\",\"start_date\":\"2026-03-12\",\"amount\":1,"
                         "\"status\":\"SPLIT\",\"reason\":\"other_side\",\"payable\":2,\"covered\":3,"
                         "\"withheld\":4,\"refused\":5,\"reversed\":6,"
                         "\"shares\":[{\"episode\":\"hip/L/2026-03-12\",\"cents\":12},{\"episode\":\"other/-/"
                         "2026-01-01\",\"cents\":-3}],\"outside\":7,"
                         "\"evidence\":\"d0\",\"cause\":\"clock\",\"revision\":8,\"as_of\":\"2026-03-13\","
                         "\"book\":\"b\\u000a\"}");
}

Test(output_codec, writes_this_episode)
{
    const struct measure measures[] = { { BYTES("m"), { true, 9 } }, { BYTES("n"), { false, 0 } } };
    struct output output = { .kind = OUTPUT_EPISODE,
                             .key = BYTES("p1/3311/e"),
                             .episode = { .insured = BYTES("p1"),
                                          .insurer = 3311,
                                          .episode = BYTES("e"),
                                          .bundle = BYTES("hip"),
                                          .side = BYTES("-"),
                                          .state = STATE_RUN_OUT,
                                          .opened_on = 20524,
                                          .opens_window = 20523,
                                          .closes_on = 20525,
                                          .ended_by = BYTES("death"),
                                          .provider = BYTES("01234567"),
                                          .contract = BYTES("c"),
                                          .contract_version = { true, 2 },
                                          .contractor = BYTES_NULL,
                                          .stratum = BYTES("80+"),
                                          .budget = { true, 3 },
                                          .charged = { true, 4 },
                                          .result = { true, -1 },
                                          .cost = 5,
                                          .covered = 6,
                                          .price = 7,
                                          .projected = { false, 0 },
                                          .opening_declaration = BYTES("d1"),
                                          .known_on = 20526,
                                          .lines = 8,
                                          .measures = measures,
                                          .measures_count = 2,
                                          .settlement_revision = 10,
                                          .settlement_delta = { true, 11 },
                                          .after_final = true,
                                          .cause = BYTES("d1"),
                                          .revision = 12,
                                          .as_of = 20527,
                                          .book = BYTES("b") } };
    expect_line(
        &output,
        "{\"key\":\"p1/3311/"
        "e\",\"insured\":\"p1\",\"insurer\":3311,\"episode\":\"e\",\"bundle\":\"hip\",\"side\":\"-\","
        "\"state\":\"RUN_OUT\","
        "\"opened_on\":\"2026-03-12\",\"opens_window\":\"2026-03-11\",\"closes_on\":\"2026-03-13\",\"ended_"
        "by\":\"death\",\"provider\":\"01234567\","
        "\"contract\":\"c\",\"contract_version\":2,\"contractor\":null,\"stratum\":\"80+\",\"budget\":3,"
        "\"charged\":4,\"result\":-1,\"cost\":5,"
        "\"covered\":6,\"price\":7,\"projected\":null,\"opening_declaration\":\"d1\",\"known_on\":\"2026-03-"
        "14\",\"lines\":8,"
        "\"measures\":[{\"name\":\"m\",\"value\":9},{\"name\":\"n\",\"value\":null}],\"settlement_revision\":"
        "10,\"settlement_delta\":11,"
        "\"after_final\":true,\"cause\":\"d1\",\"revision\":12,\"as_of\":\"2026-03-15\",\"book\":\"b\"}");
}

Test(output_codec, writes_this_alert)
{
    struct output output = { .kind = OUTPUT_ALERT,
                             .key = BYTES("k"),
                             .alert = { .insured = BYTES("p1"),
                                        .insurer = 1,
                                        .type = ALERT_budget_threshold,
                                        .subject = BYTES("e/1000"),
                                        .action = ACTION_CLEARED,
                                        .severity = SEVERITY_CRITICAL,
                                        .bundle = BYTES("hip"),
                                        .episode = BYTES("e"),
                                        .provider = BYTES("01234567"),
                                        .contract = BYTES("c"),
                                        .contractor = BYTES("cc"),
                                        .declaration_id = BYTES_NULL,
                                        .observed = { true, 2 },
                                        .limit = { true, 3 },
                                        .unit = UNIT_DAYS,
                                        .prevented = { false, 0 },
                                        .evidence = BYTES("d2"),
                                        .message = BYTES("A \\ sentence."),
                                        .cause = BYTES("d1"),
                                        .revision = 4,
                                        .as_of = 0,
                                        .book = BYTES("b") } };
    expect_line(&output,
                "{\"key\":\"k\",\"insured\":\"p1\",\"insurer\":1,\"type\":\"budget_threshold\",\"subject\":"
                "\"e/1000\",\"action\":\"CLEARED\","
                "\"severity\":\"CRITICAL\",\"bundle\":\"hip\",\"episode\":\"e\",\"provider\":\"01234567\","
                "\"contract\":\"c\",\"contractor\":\"cc\","
                "\"declaration_id\":null,\"observed\":2,\"limit\":3,\"unit\":\"DAYS\",\"prevented\":null,"
                "\"evidence\":\"d2\","
                "\"message\":\"A \\\\ "
                "sentence.\",\"cause\":\"d1\",\"revision\":4,\"as_of\":\"1970-01-01\",\"book\":\"b\"}");
}

Test(output_codec, writes_this_dead_letter)
{
    struct dead_letter letter = { .key = BYTES_NULL,
                                  .source = BYTES("in.jsonl"),
                                  .partition = 3,
                                  .offset = 17,
                                  .reason = BYTES("bad_json"),
                                  .message = BYTES("it is not one JSON object"),
                                  .value = BYTES("{\x01\xff") };
    struct buffer line = { 0 };
    dead_letter_to_json(&letter, &line);
    cr_expect(
        bytes_equal(
            buffer_bytes(&line),
            BYTES(
                "{\"key\":null,\"source\":\"in.jsonl\",\"partition\":3,\"offset\":17,\"reason\":\"bad_json\","
                "\"message\":\"it is not one JSON object\",\"value\":\"ewH/\"}")),
        "wrote %.*s", BYTES_ARGS(buffer_bytes(&line)));
    buffer_clear(&line);
    letter.key = BYTES("p\xff" "1");
    letter.value = BYTES("");
    dead_letter_to_json(&letter, &line);
    cr_expect(bytes_begin_with(buffer_bytes(&line), BYTES("{\"key\":\"p\xEF\xBF\xBD" "1\",")));
    cr_expect(bytes_equal((struct bytes){ line.data + line.length - 11, 11 }, BYTES("\"value\":\"\"}")));
    buffer_release(&line);
}

Test(output_codec, escapes_quote_backslash_and_control_characters_only)
{
    struct dead_letter letter = { .source =
                                      BYTES("\"\\/\b\f\n\r\t\x1f\x7f\xC2\x80\xC2\x9f\xC2\xA0\xE2\x82\xAC"),
                                  .reason = BYTES(""),
                                  .message = BYTES("") };
    struct buffer line = { 0 };
    dead_letter_to_json(&letter, &line);
    struct bytes wanted =
        BYTES("{\"key\":null,\"source\":\"\\\"\\\\/"
              "\\u0008\\u000c\\u000a\\u000d\\u0009\\u001f\\u007f\\u0080\\u009f\xC2\xA0\xE2\x82\xAC\",");
    cr_expect(bytes_begin_with(buffer_bytes(&line), wanted), "wrote %.*s", BYTES_ARGS(buffer_bytes(&line)));
    buffer_release(&line);
}
