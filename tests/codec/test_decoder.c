#include <criterion/criterion.h>

#include "base/limits.h"
#include "codec/avro_write.h"
#include "codec/decoder.h"
#include "codec/output_codec.h"
#include "codec/schema.h"
#include "draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(decoder, .timeout = 60);

static char trouble[256];

static struct schema_set *own_set(void)
{
    struct schema_set *set = schema_set_of_text(schema_text(SCHEMA_DECLARATION), trouble, sizeof(trouble));
    cr_assert(set != NULL, "%s", trouble);
    return set;
}

static const struct declaration plain = { .declaration_id = BYTES("01234567-1"),
                                          .insurer = 3311,
                                          .insured = BYTES("p1"),
                                          .birth_date = -10000,
                                          .provider = BYTES("01234567"),
                                          .diagnosis_system = SYSTEM_DBC,
                                          .diagnosis = BYTES("218"),
                                          .care_type = CARE_HOSPITAL_DBC,
                                          .care_code = BYTES("15A01"),
                                          .start_date = 20000,
                                          .end_date = 20001,
                                          .quantity = 1,
                                          .amount = 123456,
                                          .submitted_at = 1773306000000LL };

static const char *reason_of(struct decoder *decoder, struct bytes value)
{
    struct declaration declaration;
    struct result result = decoder_decode(decoder, value, &declaration);
    if (result.verdict != DONE)
        cr_expect(declaration.unreadable == (1u << FIELD_COUNT) - 1, "without DONE no field is readable");
    return result.verdict == DONE ? "" : result.reason;
}

/* --- round trips --- */

static bool avro_round_trip(struct choices *choices, void *context)
{
    draw_begin();
    struct declaration given = draw_declaration(choices), read;
    struct buffer bytes = { 0 };
    memset(&read, 0xA5, sizeof(read)); /* what the plan does not write would show */
    declaration_to_avro(&given, &bytes);
    struct result result = decoder_decode(context, buffer_bytes(&bytes), &read);
    const char *difference = result.verdict == DONE ? declaration_difference(&given, &read) : result.reason;
    buffer_release(&bytes);
    choice_tell(choices, "%s", difference ? difference : "");
    return difference == NULL;
}

Test(decoder, reads_what_was_written_in_avro)
{
    struct schema_set *set = own_set();
    struct decoder *decoder = decoder_new(set, FRAMING_RAW, 0);
    cr_assert(property_holds("avro round trip", avro_round_trip, decoder, 20000, 1));
    decoder_free(decoder);
    schema_set_free(set);
}

/* Any bytes end in a verdict, and what is DONE stays within them. */
static bool mutated_bytes(struct choices *choices, void *context)
{
    draw_begin();
    struct declaration given = draw_declaration(choices), read;
    struct buffer bytes = { 0 };
    declaration_to_avro(&given, &bytes);
    size_t cut = choice_below(choices, bytes.length + 1);
    char *exact = malloc(bytes.length - cut + 1); /* so that the sanitizer sees every byte too far */
    size_t length = bytes.length - cut;
    memcpy(exact, bytes.data, length);
    for (uint64_t edits = choice_below(choices, 4); edits > 0 && length > 0; edits--)
        exact[choice_below(choices, length)] = (char)choice_below(choices, 256);
    char *fitted = realloc(exact, length ? length : 1);
    struct result result = decoder_decode(context, (struct bytes){ fitted, length }, &read);
    bool holds =
        result.verdict == DONE || (result.verdict == DEAD_LETTER && strcmp(result.reason, "bad_avro") == 0);
    if (result.verdict == DONE && read.declaration_id.length > 0)
        holds &= read.declaration_id.data >= fitted &&
                 read.declaration_id.data + read.declaration_id.length <= fitted + length;
    free(fitted);
    buffer_release(&bytes);
    return holds;
}

Test(decoder, ends_any_bytes_in_a_verdict)
{
    struct schema_set *set = own_set();
    struct decoder *decoder = decoder_new(set, FRAMING_RAW, 0);
    cr_assert(property_holds("mutated avro", mutated_bytes, decoder, 20000, 2));
    decoder_free(decoder);
    schema_set_free(set);
}

Test(decoder, refuses_every_cut_and_every_byte_too_many)
{
    struct schema_set *set = own_set();
    struct decoder *decoder = decoder_new(set, FRAMING_RAW, 0);
    struct buffer bytes = { 0 };
    declaration_to_avro(&plain, &bytes);
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "");
    for (size_t length = 0; length < bytes.length; length++)
        cr_expect_str_eq(reason_of(decoder, (struct bytes){ bytes.data, length }), "bad_avro");
    buffer_add_byte(&bytes, 0);
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "bad_avro");
    buffer_release(&bytes);
    decoder_free(decoder);
    schema_set_free(set);
}

/* --- the frames --- */

Test(decoder, gives_each_reason_of_a_frame)
{
    char directory[] = "/tmp/bw-schemas-XXXXXX", path[128];
    cr_assert(mkdtemp(directory) != NULL);
    static const struct { const char *name, *text;
    } files[] = {
        { "7.avsc", NULL },
        { "8.avsc", "\"string\"" },
        { "9.avsc", "{ nonsense" },
        { "README.md", "not a schema" },
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, files[i].name);
        FILE *file = fopen(path, "w");
        struct bytes text = files[i].text ? bytes_of(files[i].text) : schema_text(SCHEMA_DECLARATION);
        cr_assert(fwrite(text.data, 1, text.length, file) == text.length);
        fclose(file);
    }
    struct schema_set *set = schema_set_load(directory, FRAMING_CONFLUENT, trouble, sizeof(trouble));
    cr_assert(set != NULL, "%s", trouble);
    struct decoder *decoder = decoder_new(set, FRAMING_CONFLUENT, 1000);
    struct buffer bytes = { 0 };
    buffer_add(&bytes, "\0\0\0\0\7", 5);
    declaration_to_avro(&plain, &bytes);
    char *value = bytes.data;
    size_t length = bytes.length;
    struct { const char *label; char magic, id; size_t length; const char *reason; } rows[] = {
        { "good", 0, 7, length, "" },
        { "no bytes", 0, 7, 0, "bad_wire_format" },
        { "four bytes", 0, 7, 4, "bad_wire_format" },
        { "another first byte", 1, 7, length, "bad_wire_format" },
        { "a frame without a body", 0, 7, 5, "bad_avro" },
        { "an id that the directory has not", 0, 6, length, "unknown_schema" },
        { "a schema that is no record", 0, 8, length, "bad_schema" },
        { "a file that is no schema", 0, 9, length, "bad_schema" },
        { "a body that breaks", 0, 7, length - 1, "bad_avro" },
        { "good again", 0, 7, length, "" },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        value[0] = rows[row].magic;
        value[4] = rows[row].id;
        cr_expect_str_eq(reason_of(decoder, (struct bytes){ value, rows[row].length }), rows[row].reason,
                         "%s", rows[row].label);
    }
    cr_expect_str_eq(reason_of(decoder, BYTES_NULL), "no_value");
    static const char zeros[1001];
    cr_expect_str_eq(reason_of(decoder, (struct bytes){ zeros, 1001 }), "too_large");
    cr_expect_str_eq(reason_of(decoder, (struct bytes){ zeros, 1000 }), "unknown_schema");
    char problem[200];
    cr_expect(schema_set_problem(set, 0, problem, sizeof(problem)));
    cr_expect_str_eq(problem, "schema \"8.avsc\": the schema is no record");
    cr_expect(schema_set_problem(set, 1, problem, sizeof(problem)));
    cr_expect_str_eq(problem, "schema \"9.avsc\": it is no JSON");
    cr_expect(!schema_set_problem(set, 2, problem, sizeof(problem)));
    buffer_release(&bytes);
    decoder_free(decoder);
    schema_set_free(set);
    char again[128];
    snprintf(path, sizeof(path), "%s/7.avsc", directory);
    snprintf(again, sizeof(again), "%s/07.avsc", directory);
    cr_assert(link(path, again) == 0);
    cr_expect(schema_set_load(directory, FRAMING_CONFLUENT, trouble, sizeof(trouble)) == NULL);
    cr_expect(strstr(trouble, "have one id") != NULL, "%s", trouble);
    unlink(again);
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, files[i].name);
        unlink(path);
    }
    rmdir(directory);
}

Test(decoder, finds_a_single_object_by_its_fingerprint)
{
    struct schema_set *set =
        schema_set_load(SOURCE_DIR "/schemas", FRAMING_SINGLE_OBJECT, trouble, sizeof(trouble));
    cr_assert(set != NULL, "%s", trouble);
    struct decoder *decoder = decoder_new(set, FRAMING_SINGLE_OBJECT, 0);
    const char *problem;
    struct schema *schema = schema_parse(schema_text(SCHEMA_DECLARATION), &problem);
    struct buffer bytes = { 0 };
    buffer_add(&bytes, "\xC3\x01", 2);
    for (int i = 0; i < 8; i++)
        buffer_add_byte(&bytes, (unsigned char)(schema->fingerprint >> (8 * i)));
    declaration_to_avro(&plain, &bytes);
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "");
    cr_expect_str_eq(reason_of(decoder, (struct bytes){ bytes.data, 9 }), "bad_wire_format");
    bytes.data[9] ^= 1;
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "unknown_schema");
    bytes.data[0] = 0;
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "bad_wire_format");
    schema_free(schema);
    buffer_release(&bytes);
    decoder_free(decoder);
    schema_set_free(set);
}

Test(decoder, reads_raw_bytes_by_the_one_schema)
{
    struct schema_set *set =
        schema_set_load(SOURCE_DIR "/schemas/declaration.avsc", FRAMING_RAW, trouble, sizeof(trouble));
    cr_assert(set != NULL, "%s", trouble);
    struct decoder *decoder = decoder_new(set, FRAMING_RAW, 0);
    struct buffer bytes = { 0 };
    declaration_to_avro(&plain, &bytes);
    cr_expect_str_eq(reason_of(decoder, buffer_bytes(&bytes)), "");
    cr_expect(schema_set_load(SOURCE_DIR "/schemas", FRAMING_RAW, trouble, sizeof(trouble)) == NULL);
    cr_expect(strstr(trouble, "more than one .avsc file") != NULL, "%s", trouble);
    cr_expect(schema_set_load(SOURCE_DIR "/schemas", FRAMING_CONFLUENT, trouble, sizeof(trouble)) == NULL);
    cr_expect(strstr(trouble, "is not named by its id") != NULL, "%s", trouble);
    cr_expect(schema_set_load(SOURCE_DIR "/nowhere", FRAMING_RAW, trouble, sizeof(trouble)) == NULL);
    cr_expect(schema_set_load(SOURCE_DIR "/processor", FRAMING_CONFLUENT, trouble, sizeof(trouble)) == NULL);
    buffer_release(&bytes);
    decoder_free(decoder);
    schema_set_free(set);
}

Test(decoder, tells_sets_of_schemas_apart_by_their_hash)
{
    struct schema_set *a = own_set(), *b = own_set();
    struct schema_set *c = schema_set_of_text(BYTES("\"string\""), trouble, sizeof(trouble));
    cr_expect(schema_set_hash(a) == schema_set_hash(b));
    cr_expect(schema_set_hash(a) != schema_set_hash(c));
    cr_expect(schema_set_of_text(BYTES("\"nothing\""), trouble, sizeof(trouble)) == NULL);
    schema_set_free(a);
    schema_set_free(b);
    schema_set_free(c);
}
