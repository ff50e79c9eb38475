/* What a commit says beside its offset (design §2). */
#include "pipeline/commit_metadata.h"
#include "stream/consumer.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct commit_metadata ours = {
    .versions = { .engine = 3, .book = 0xabc, .reference = 0, .schemas = 0x1122334455667788, .outputs = 9 },
    .step = 2, .sent = 1000, .since = 500, .before = 0xdef, .quarantine = 1, .serial = "2026-07; north",
};

Test(versions, are_written_in_the_form_of_the_design)
{
    char text[COMMIT_METADATA_TEXT_BYTES];
    commit_metadata_to_text(&ours, text);
    cr_expect_str_eq(
        text,
        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs="
        "0000000000000009;step=2;"
        "sent=1000;since=500;before=0000000000000def;quarantine=0000000000000001;serial=2026-07; north");
}

Test(versions, of_a_commit_come_back)
{
    char text[COMMIT_METADATA_TEXT_BYTES], error[200];
    struct commit_metadata metadata;
    commit_metadata_to_text(&ours, text);
    cr_assert(commit_metadata_from_text(text, &metadata, error, sizeof(error)), "%s", error);
    cr_expect(versions_equal(&metadata.versions, &ours.versions));
    cr_expect(metadata.step == 2 && metadata.sent == 1000 && metadata.since == 500 &&
              metadata.before == 0xdef && metadata.quarantine == 1);
    cr_expect_str_eq(metadata.serial, ours.serial);
}

Test(versions, fit_into_the_metadata_of_a_position_however_long_they_are)
{
    struct commit_metadata most = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
                                    INT64_MAX,
                                    INT64_MAX,
                                    INT64_MAX,
                                    UINT64_MAX,
                                    UINT64_MAX,
                                    1,
                                    UINT64_MAX,
                                    "" };
    char text[COMMIT_METADATA_TEXT_BYTES], error[200];
    struct commit_metadata metadata;
    memset(most.serial, 'x', sizeof(most.serial) - 1);
    commit_metadata_to_text(&most, text);
    cr_expect_lt(strlen(text), COMMIT_METADATA_TEXT_BYTES - 1);
    cr_expect_leq((size_t)COMMIT_METADATA_TEXT_BYTES, (size_t)POSITION_METADATA_BYTES);
    cr_assert(commit_metadata_from_text(text, &metadata, error, sizeof(error)));
    cr_expect_str_eq(metadata.serial, most.serial);
    cr_expect(metadata.sent == INT64_MAX && versions_equal(&metadata.versions, &most.versions));
    cr_expect(metadata.sees_more == 1 && metadata.also == UINT64_MAX);
}

Test(versions, of_the_first_version_are_those_of_a_group_that_had_no_others)
{
    char error[200];
    struct commit_metadata metadata;
    cr_assert(commit_metadata_from_text("v1;engine=1;book=0000000000000abc;reference=0000000000000000;"
                                        "schemas=1122334455667788;outputs=0000000000000009;step=0",
                                        &metadata, error, sizeof(error)));
    cr_expect(metadata.since == SINCE_EVER && metadata.sent == 0 && metadata.quarantine == 0 &&
              metadata.serial[0] == 0);
}

Test(versions, of_somebody_else_are_refused)
{
    static const char *const rows[] = {
        "",
        "x",
        "v2;engine=3",
        "v1;",
        "v1;engine=3;book=",
        "aborted",
        "v1;engine=x;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs="
        "0000000000000009;step=0",
        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs="
        "0000000000000009;step=-4",
        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs="
        "0000000000000009",
    };
    char error[256];
    struct commit_metadata metadata;
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_not(commit_metadata_from_text(rows[row], &metadata, error, sizeof(error)), "%s", rows[row]);
}

Test(versions, that_differ_in_anything_are_not_equal)
{
    struct versions other[5];
    for (size_t i = 0; i < COUNT(other); i++) {
        other[i] = ours.versions;
        ((uint64_t *)&other[i])[i]++;
        cr_expect_not(versions_equal(&ours.versions, &other[i]), "%zu", i);
        cr_expect_neq(versions_hash(&ours.versions), versions_hash(&other[i]));
    }
}

Test(serials, are_in_the_order_of_their_numbers)
{
    static const char *const rising[] = { "",        "2025",     "2026-1",   "2026-09",
                                          "2026-10", "2026-10a", "2026-10b", "2026-11" };
    for (size_t i = 0; i < COUNT(rising); i++)
        for (size_t k = 0; k < COUNT(rising); k++) {
            int order = serial_compare(rising[i], rising[k]);
            cr_expect_eq((order > 0) - (order < 0), (i > k) - (i < k), "%s, %s", rising[i], rising[k]);
        }
    cr_expect_eq(serial_compare("2026-09", "2026-9"), 0);
}
