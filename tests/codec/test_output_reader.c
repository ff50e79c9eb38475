#include <criterion/criterion.h>

#include "codec/avro_write.h"
#include "codec/container.h"
#include "codec/output_reader.h"
#include "codec/schema.h"
#include "draw.h"

#include <stdlib.h>

TestSuite(output_reader, .timeout = 120);

enum { ID = 70000 };
static const enum framing framings[] = { FRAMING_CONFLUENT, FRAMING_SINGLE_OBJECT, FRAMING_RAW };

static struct output_reader *reader_of(enum schema_name record, enum framing framing,
                                       struct bytes writer_schema)
{
    char error[300] = "";
    const struct output_reader_options options = { record, framing, ID, writer_schema };
    struct output_reader *reader = output_reader_new(&options, error, sizeof(error));
    cr_assert(reader != NULL, "%s", error);
    return reader;
}

/* What the fold writes in front of a body (pipeline/fold.c). */
static void add_frame(enum framing framing, enum schema_name record, struct buffer *value)
{
    const char *ignored;
    if (framing == FRAMING_CONFLUENT)
        buffer_add(value, "\x00\x00\x01\x11\x70", 5);
    if (framing != FRAMING_SINGLE_OBJECT)
        return;
    struct schema *schema = schema_parse(schema_text(record), &ignored);
    buffer_add(value, "\xC3\x01", 2);
    for (unsigned i = 0; i < 8; i++)
        buffer_add_byte(value, (unsigned char)(schema->fingerprint >> (8 * i)));
    schema_free(schema);
}

static struct dead_letter draw_letter(struct choices *choices)
{
    return (struct dead_letter){
        .key = draw_optional_text(choices, 64),
        .source = draw_text(choices, 20),
        .partition = draw_int(choices),
        .offset = draw_long(choices),
        .reason = draw_text(choices, 20),
        .message = draw_text(choices, 50),
        .value = draw_optional_text(choices, 300),
    };
}

/* One of the four records, and its bytes behind the frame. */
static enum schema_name draw_record(struct choices *choices, enum framing framing, struct buffer *value)
{
    static const enum schema_name names[OUTPUT_KIND_COUNT] = { SCHEMA_DECISION, SCHEMA_EPISODE,
                                                               SCHEMA_ALERT };
    draw_begin();
    if (choice_chance(choices, 250)) {
        struct dead_letter letter = draw_letter(choices);
        add_frame(framing, SCHEMA_DEAD_LETTER, value);
        dead_letter_to_avro(&letter, value);
        return SCHEMA_DEAD_LETTER;
    }
    struct output output;
    draw_output(choices, &output);
    add_frame(framing, names[output.kind], value);
    output_to_avro(&output, value);
    return names[output.kind];
}

static void write_again(const struct output_record *record, enum framing framing, struct buffer *value)
{
    add_frame(framing, record->name, value);
    if (record->name == SCHEMA_DEAD_LETTER)
        dead_letter_to_avro(&record->letter, value);
    else
        output_to_avro(&record->output, value);
}

/* --- what was written is read: written again it is the same bytes --- */

static bool round_trip(struct choices *choices, void *context)
{
    enum framing framing = framings[choice_below(choices, COUNT(framings))];
    struct buffer value = { 0 }, again = { 0 };
    struct output_record record;
    const char *problem = "";
    (void)context;
    enum schema_name name = draw_record(choices, framing, &value);
    struct output_reader *reader = reader_of(name, framing, BYTES_NULL);
    bool holds = output_reader_read(reader, BYTES("the key"), buffer_bytes(&value), &record, &problem);
    choice_tell(choices, "record %d, framing %d: %s", (int)name, (int)framing, problem);
    if (holds) {
        write_again(&record, framing, &again);
        holds = record.name == name && bytes_equal(buffer_bytes(&value), buffer_bytes(&again)) &&
                (name == SCHEMA_DEAD_LETTER || bytes_equal(record.output.key, BYTES("the key")));
    }
    output_reader_free(reader);
    buffer_release(&value);
    buffer_release(&again);
    return holds;
}

Test(output_reader, reads_what_was_written_in_every_framing)
{
    cr_assert(property_holds("outputs read back", round_trip, NULL, 1200, 21));
}

/* A reader is used for record after record: nothing of one is left in the next. */
static bool reused(struct choices *choices, void *context)
{
    struct output_reader **readers = context;
    struct buffer value = { 0 }, again = { 0 };
    struct output_record record;
    const char *problem = "";
    enum schema_name name = draw_record(choices, FRAMING_RAW, &value);
    bool holds = output_reader_read(readers[name], BYTES("k"), buffer_bytes(&value), &record, &problem);
    if (holds) {
        write_again(&record, FRAMING_RAW, &again);
        holds = bytes_equal(buffer_bytes(&value), buffer_bytes(&again));
    }
    buffer_release(&value);
    buffer_release(&again);
    return holds;
}

Test(output_reader, reads_record_after_record)
{
    struct output_reader *readers[SCHEMA_COUNT] = { NULL };
    for (int name = SCHEMA_DECISION; name < SCHEMA_COUNT; name++)
        readers[name] = reader_of((enum schema_name)name, FRAMING_RAW, BYTES_NULL);
    cr_assert(property_holds("one reader for all", reused, readers, 6000, 22));
    for (int name = SCHEMA_DECISION; name < SCHEMA_COUNT; name++)
        output_reader_free(readers[name]);
}

/* --- hostile bytes --- */

/* Cut and changed bytes end in a record that can be written or in a sentence; what is cut never reads. */
static bool mutated(struct choices *choices, void *context)
{
    struct output_reader **readers = context;
    struct buffer value = { 0 }, again = { 0 };
    struct output_record record;
    const char *problem = NULL;
    enum schema_name name = draw_record(choices, FRAMING_RAW, &value);
    size_t length = value.length - choice_below(choices, value.length + 1);
    char *exact = malloc(length + 1); /* so that a byte too far is seen */
    memcpy(exact, value.data, length);
    uint64_t edits = choice_below(choices, 6);
    for (uint64_t i = 0; i < edits && length > 0; i++)
        exact[choice_below(choices, length)] = (char)choice_below(choices, 256);
    bool read =
        output_reader_read(readers[name], BYTES("k"), (struct bytes){ exact, length }, &record, &problem);
    if (read)
        write_again(&record, FRAMING_RAW, &again);
    bool holds = read ? edits > 0 || length == value.length : problem != NULL;
    free(exact);
    buffer_release(&value);
    buffer_release(&again);
    return holds;
}

Test(output_reader, ends_any_bytes_in_a_record_or_a_sentence)
{
    struct output_reader *readers[SCHEMA_COUNT] = { NULL };
    for (int name = SCHEMA_DECISION; name < SCHEMA_COUNT; name++)
        readers[name] = reader_of((enum schema_name)name, FRAMING_RAW, BYTES_NULL);
    cr_assert(property_holds("mutated outputs", mutated, readers, 8000, 23));
    for (int name = SCHEMA_DECISION; name < SCHEMA_COUNT; name++)
        output_reader_free(readers[name]);
}

/* Avro C would take and leak these lengths (AVRO-4246): it never sees them. A decision's shares are its
 * only list. */
Test(output_reader, takes_no_memory_for_a_length_that_lies)
{
    static const struct { const char *label; struct bytes shares; bool is_true; } rows[] = {
        { "one share", BYTES("\x02\x02" "e\x02\x00"), true },
        { "one share in a block of its size", BYTES("\x01\x06\x02" "e\x02\x00"), true },
        { "a thousand million items", BYTES("\x80\xA8\xD6\xB9\x07"), false },
        { "a text of 1 GiB", BYTES("\x02\x80\x80\x80\x80\x08"), false },
        { "a text of less than nothing", BYTES("\x02\x01"), false },
        { "the smallest count", BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x00"), false },
        { "a block that says the wrong length", BYTES("\x01\x02\x02" "e\x02\x00"), false },
        { "a block of items beyond its end", BYTES("\x07\x06\x02" "e\x02"), false },
    };
    struct output output = { .kind = OUTPUT_DECISION };
    struct buffer value = { 0 };
    struct output_record record;
    struct output_reader *reader = reader_of(SCHEMA_DECISION, FRAMING_RAW, BYTES_NULL);
    output.decision.insured = output.decision.declaration_id = output.decision.provider = BYTES("");
    output.decision.care_code = output.decision.cause = output.decision.book = BYTES("");
    output_to_avro(&output, &value);
    size_t tail = 1 + 1 + 1 + 1 + 1 + 1; /* outside, evidence, cause, revision, as_of, book */
    struct bytes head = { value.data, value.length - tail - 1 };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct buffer lie = { 0 };
        const char *problem = "";
        buffer_add_bytes(&lie, head);
        buffer_add_bytes(&lie, rows[row].shares);
        buffer_add(&lie, value.data + value.length - tail, tail);
        bool read = output_reader_read(reader, BYTES("k"), buffer_bytes(&lie), &record, &problem);
        cr_expect_eq(read, rows[row].is_true, "%s: %s", rows[row].label, problem);
        cr_expect_str_eq(problem, read ? "" : "breaks off, or holds what its schema does not say", "%s",
                         rows[row].label);
        buffer_release(&lie);
    }
    output_reader_free(reader);
    buffer_release(&value);
}

/* --- frames, and what this version does not know --- */

Test(output_reader, says_what_is_wrong_with_a_record)
{
    struct buffer value = { 0 };
    struct output_record record;
    const char *problem;
    struct output alert = { .kind = OUTPUT_ALERT,
                            .alert = { .insured = BYTES("p1"),
                                       .subject = BYTES("s"),
                                       .provider = BYTES("q"),
                                       .message = BYTES("m"),
                                       .cause = BYTES("c"),
                                       .book = BYTES("b") } };
    struct output_reader *confluent = reader_of(SCHEMA_ALERT, FRAMING_CONFLUENT, BYTES_NULL),
                         *single = reader_of(SCHEMA_ALERT, FRAMING_SINGLE_OBJECT, BYTES_NULL);
    add_frame(FRAMING_CONFLUENT, SCHEMA_ALERT, &value);
    output_to_avro(&alert, &value);
    cr_assert(output_reader_read(confluent, BYTES("k"), buffer_bytes(&value), &record, &problem));
    cr_expect_eq(record.output.alert.type, ALERT_budget_threshold);
    cr_expect(bytes_is_null(record.output.alert.bundle));
    cr_expect_not(record.output.alert.prevented.known);
    cr_expect_not(output_reader_read(single, BYTES("k"), buffer_bytes(&value), &record, &problem));
    cr_expect_str_eq(problem, "has no fingerprint of a schema in front");
    char *word = strstr(value.data + 9, "budget_threshold");
    cr_assert(word != NULL);
    *word = 'B';
    cr_expect_not(output_reader_read(confluent, BYTES("k"), buffer_bytes(&value), &record, &problem));
    cr_expect_str_eq(problem, "has a word that this version does not know");
    value.data[4]++;
    cr_expect_not(output_reader_read(confluent, BYTES("k"), buffer_bytes(&value), &record, &problem));
    cr_expect_str_eq(problem, "was written with the schema of another id");
    cr_expect_not(output_reader_read(confluent, BYTES("k"), BYTES_NULL, &record, &problem));
    cr_expect_str_eq(problem, "has no value");
    buffer_clear(&value);
    add_frame(FRAMING_SINGLE_OBJECT, SCHEMA_EPISODE, &value);
    cr_expect_not(output_reader_read(single, BYTES("k"), buffer_bytes(&value), &record, &problem));
    cr_expect_str_eq(problem, "was written with the schema of another fingerprint");
    output_reader_free(confluent);
    output_reader_free(single);
    buffer_release(&value);
}

/* A dead letter as another version may write it: another order, a field that we do not have, an int for a
 * long, and neither key nor value. */
Test(output_reader, reads_the_schema_of_another_version)
{
    const struct bytes schema =
        BYTES("{\"type\":\"record\",\"name\":\"DeadLetter\",\"namespace\":\"nl.bundelwacht\",\"fields\":["
              "{\"name\":\"stage\",\"type\":{\"type\":\"array\",\"items\":\"string\"}},{\"name\":\"message\","
              "\"type\":\"string\"},"
              "{\"name\":\"reason\",\"type\":\"string\"},{\"name\":\"offset\",\"type\":\"int\"},{\"name\":"
              "\"partition\",\"type\":\"long\"},"
              "{\"name\":\"source\",\"type\":\"string\"}]}");
    struct buffer value = { 0 };
    struct output_record record;
    const char *problem = "";
    write_long(&value, -2); /* a sized block */
    write_long(&value, 4);
    for (int i = 0; i < 2; i++)
        write_span(&value, BYTES("x"));
    write_long(&value, 0);
    write_span(&value, BYTES("a sentence"));
    write_span(&value, BYTES("bad_avro"));
    write_long(&value, 12);
    write_long(&value, 3);
    write_span(&value, BYTES("topic"));
    struct output_reader *reader = reader_of(SCHEMA_DEAD_LETTER, FRAMING_RAW, schema);
    cr_assert(output_reader_read(reader, BYTES_NULL, buffer_bytes(&value), &record, &problem), "%s", problem);
    cr_expect(bytes_equal(record.letter.message, BYTES("a sentence")));
    cr_expect(bytes_equal(record.letter.reason, BYTES("bad_avro")));
    cr_expect(bytes_equal(record.letter.source, BYTES("topic")));
    cr_expect_eq(record.letter.offset, 12);
    cr_expect_eq(record.letter.partition, 3);
    cr_expect(bytes_is_null(record.letter.key));
    cr_expect(bytes_is_null(record.letter.value));
    output_reader_free(reader);
    buffer_release(&value);
}

Test(output_reader, names_the_field_that_does_not_fit)
{
#define LETTER(fields)                                                                                       \
    "{\"type\":\"record\",\"name\":\"DeadLetter\",\"fields\":[" fields                                       \
    "{\"name\":\"source\",\"type\":\"string\"}]}"
    static const struct { const char *schema, *said;
    } rows[] = {
        { "\"string\"", "is no record that this program wrote" },
        { "{\"type\":\"error\",\"name\":\"E\",\"fields\":[]}", "is no record that this program wrote" },
        { "nonsense", "is no JSON" },
        { LETTER(""), "lacks the field \"partition\", which is never null" },
        { LETTER("{\"name\":\"partition\",\"type\":\"string\"},"),
          "has another field \"partition\" than this version writes: Writer string not compatible with "
          "reader long" },
        { LETTER("{\"name\":\"partition\",\"type\":[\"null\",\"long\"]},"),
          "has another field \"partition\" than this version writes: its time is in another unit, or it may "
          "be null" },
        { LETTER(
              "{\"name\":\"partition\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"),
          "has another field \"partition\" than this version writes: its time is in another unit, or it may "
          "be null" },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        char error[300] = "";
        const struct output_reader_options options = { SCHEMA_DEAD_LETTER, FRAMING_RAW, 0,
                                                       bytes_of(rows[row].schema) };
        cr_expect_null(output_reader_new(&options, error, sizeof(error)), "%s", rows[row].schema);
        cr_expect_str_eq(error, rows[row].said);
    }
}
