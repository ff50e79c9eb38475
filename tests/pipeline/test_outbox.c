#include "pipeline/outbox.h"

#include <criterion/criterion.h>

TestSuite(outbox, .timeout = 10);

static void keep(struct outbox *outbox, const char *key, const char *value, const struct header *headers,
                 size_t count)
{
    outbox_begin(outbox, TOPIC_DEAD_LETTERS, 7);
    buffer_add_bytes(&outbox->bytes, bytes_of(key));
    outbox_value_begins(outbox);
    buffer_add_bytes(&outbox->bytes, bytes_of(value));
    (void)outbox_end(outbox);
    for (size_t i = 0; i < count; i++)
        outbox_add_header(outbox, &headers[i]);
}

Test(outbox, keeps_headers_apart_from_keys_and_values)
{
    const struct header headers[] = {
        { "a", BYTES("1") }, { "null", BYTES_NULL }, { "", BYTES("") }, { "a", BYTES("a,b:c") }
    };
    struct outbox outbox = { 0 };
    struct header found[OUTBOX_HEADERS_MAX];
    keep(&outbox, "k0", "v0", NULL, 0);
    keep(&outbox, "k1", "v1", headers, COUNT(headers));
    keep(&outbox, "", "", headers, 2);
    keep(&outbox, "k3", "v3", NULL, 0);
    cr_expect(bytes_equal(outbox_key(&outbox, &outbox.records[1]), BYTES("k1")));
    cr_expect(bytes_equal(outbox_value(&outbox, &outbox.records[1]), BYTES("v1")));
    cr_expect(bytes_equal(outbox_key(&outbox, &outbox.records[3]), BYTES("k3")));
    cr_expect(bytes_equal(outbox_value(&outbox, &outbox.records[3]), BYTES("v3")));
    cr_expect_eq(outbox_headers(&outbox, &outbox.records[0], found), 0);
    cr_expect_eq(outbox_headers(&outbox, &outbox.records[2], found), 2);
    cr_assert_eq(outbox_headers(&outbox, &outbox.records[1], found), COUNT(headers));
    for (size_t i = 0; i < COUNT(headers); i++) {
        cr_expect_str_eq(found[i].name, headers[i].name);
        cr_expect(bytes_is_null(found[i].value) == bytes_is_null(headers[i].value));
        cr_expect(bytes_equal(found[i].value, headers[i].value));
    }
    outbox_release(&outbox);
}

/* A dead letter without a key and with an empty value, first of all: its value had no address yet and was
 * sent as null (found by fuzz_fold). */
Test(outbox, knows_an_empty_value_from_a_null_one_when_nothing_was_kept_before)
{
    struct outbox outbox = { 0 };
    struct header found[OUTBOX_HEADERS_MAX];
    keep(&outbox, "", "", NULL, 0);
    cr_expect_not(bytes_is_null(outbox_key(&outbox, &outbox.records[0])));
    cr_expect_not(bytes_is_null(outbox_value(&outbox, &outbox.records[0])));
    cr_expect_eq(outbox_headers(&outbox, &outbox.records[0], found), 0);
    outbox_release(&outbox);
}
