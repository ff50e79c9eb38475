#include "pipeline/kept.h"

#include <criterion/criterion.h>

TestSuite(kept, .timeout = 10);

static void keep(struct kept *kept, const char *key, const char *value, const struct header *headers, size_t count)
{
    kept_begin(kept, TOPIC_DEAD_LETTERS, 7);
    buffer_add_bytes(&kept->bytes, bytes_of(key));
    kept_value_begins(kept);
    buffer_add_bytes(&kept->bytes, bytes_of(value));
    (void)kept_end(kept);
    for (size_t i = 0; i < count; i++)
        kept_add_header(kept, &headers[i]);
}

Test(kept, keeps_headers_apart_from_keys_and_values)
{
    const struct header headers[] = { { "a", BYTES("1") }, { "null", BYTES_NULL }, { "", BYTES("") }, { "a", BYTES("a,b:c") } };
    struct kept kept = { 0 };
    struct header found[LETTER_HEADERS_MAX];
    keep(&kept, "k0", "v0", NULL, 0);
    keep(&kept, "k1", "v1", headers, COUNT(headers));
    keep(&kept, "", "", headers, 2);
    keep(&kept, "k3", "v3", NULL, 0);
    cr_expect(bytes_equal(kept_key(&kept, &kept.records[1]), BYTES("k1")));
    cr_expect(bytes_equal(kept_value(&kept, &kept.records[1]), BYTES("v1")));
    cr_expect(bytes_equal(kept_key(&kept, &kept.records[3]), BYTES("k3")));
    cr_expect(bytes_equal(kept_value(&kept, &kept.records[3]), BYTES("v3")));
    cr_expect_eq(kept_headers(&kept, &kept.records[0], found), 0);
    cr_expect_eq(kept_headers(&kept, &kept.records[2], found), 2);
    cr_assert_eq(kept_headers(&kept, &kept.records[1], found), COUNT(headers));
    for (size_t i = 0; i < COUNT(headers); i++) {
        cr_expect_str_eq(found[i].name, headers[i].name);
        cr_expect(bytes_is_null(found[i].value) == bytes_is_null(headers[i].value));
        cr_expect(bytes_equal(found[i].value, headers[i].value));
    }
    kept_release(&kept);
}

/* A dead letter without a key and with an empty value, first of all: its value had no place yet and was sent as null (found by fuzz_fold). */
Test(kept, knows_an_empty_value_from_a_null_one_when_nothing_was_kept_before)
{
    struct kept kept = { 0 };
    struct header found[LETTER_HEADERS_MAX];
    keep(&kept, "", "", NULL, 0);
    cr_expect_not(bytes_is_null(kept_key(&kept, &kept.records[0])));
    cr_expect_not(bytes_is_null(kept_value(&kept, &kept.records[0])));
    cr_expect_eq(kept_headers(&kept, &kept.records[0], found), 0);
    kept_release(&kept);
}
