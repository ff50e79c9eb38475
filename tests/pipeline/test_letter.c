/* The headers of a dead letter, as Kafka Connect's tools read them. */
#include "pipeline/letter.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(letter, .timeout = 30);

static struct bytes header_of(const struct letter_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (strcmp(headers->items[i].name, name) == 0)
            return headers->items[i].value;
    return BYTES_NULL;
}

/* The codec's reasons are those of bytes; where a new one belongs its row says, and this table. */
static const char *stage_wanted(enum dead_letter_reason reason)
{
    switch (reason) {
    case LETTER_no_value:
    case LETTER_too_large:
    case LETTER_bad_wire_format:
    case LETTER_unknown_schema:
    case LETTER_bad_schema:
    case LETTER_bad_avro:
    case LETTER_bad_json: return "DECODE";
    default: return "VALIDATE";
    }
}

Test(letter, says_reason_stage_and_sentence_of_the_row)
{
    const struct letter_origin place = { "in", "group", 3 };
    struct outbox outbox = { 0 };
    for (size_t i = 0; i < DEAD_LETTER_REASONS; i++) {
        const struct dead_letter_row *row = &dead_letter_rows[i];
        outbox_clear(&outbox);
        outbox_begin(&outbox, TOPIC_DEAD_LETTERS, 7);
        outbox_value_begins(&outbox);
        struct outbox_record *record = outbox_end(&outbox);
        record->letter = row;
        outbox_add_header(&outbox, &(struct header){ LETTER_MESSAGE_HEADER, bytes_of(row->sentence) });
        struct letter_headers headers;
        letter_headers(&place, &outbox, record, &headers);
        cr_assert_eq(headers.count, LETTER_OWN_HEADERS);
        cr_expect(
            bytes_equal(header_of(&headers, "__connect.errors.exception.class.name"), bytes_of(row->reason)));
        cr_expect(
            bytes_equal(header_of(&headers, "__connect.errors.exception.message"), bytes_of(row->sentence)));
        cr_expect(bytes_equal(header_of(&headers, "__connect.errors.stage"),
                              bytes_of(stage_wanted((enum dead_letter_reason)i))),
                  "%s", row->reason);
    }
    outbox_release(&outbox);
}

Test(letter, has_no_headers_for_other_outputs)
{
    const struct outbox outbox = { 0 };
    const struct outbox_record record = { .topic = TOPIC_ALERTS };
    struct letter_headers headers;
    letter_headers(&(struct letter_origin){ "in", "group", 3 }, &outbox, &record, &headers);
    cr_expect_eq(headers.count, 0);
}
