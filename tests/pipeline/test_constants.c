/* What a commit says beside its offset (design §2). */
#include "pipeline/constants.h"
#include "stream/consumer.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct note ours = {
    .constants = { .engine = 3, .book = 0xabc, .reference = 0, .schemas = 0x1122334455667788, .outputs = 9 },
    .step = 2, .sent = 1000, .since = 500, .before = 0xdef, .quarantine = 1, .serial = "2026-07; north",
};

Test(constants, are_written_in_the_form_of_the_design)
{
    char text[NOTE_TEXT_BYTES];
    note_to_text(&ours, text);
    cr_expect_str_eq(text, "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=2;"
                           "sent=1000;since=500;before=0000000000000def;quarantine=0000000000000001;serial=2026-07; north");
}

Test(constants, of_a_note_come_back)
{
    char text[NOTE_TEXT_BYTES], error[200];
    struct note note;
    note_to_text(&ours, text);
    cr_assert(note_from_text(text, &note, error, sizeof(error)), "%s", error);
    cr_expect(constants_equal(&note.constants, &ours.constants));
    cr_expect(note.step == 2 && note.sent == 1000 && note.since == 500 && note.before == 0xdef && note.quarantine == 1);
    cr_expect_str_eq(note.serial, ours.serial);
}

Test(constants, fit_into_the_metadata_of_a_place_however_long_they_are)
{
    struct note most = { { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }, INT64_MAX, INT64_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX,
                         1, UINT64_MAX, "" };
    char text[NOTE_TEXT_BYTES], error[200];
    struct note note;
    memset(most.serial, 'x', sizeof(most.serial) - 1);
    note_to_text(&most, text);
    cr_expect_lt(strlen(text), NOTE_TEXT_BYTES - 1);
    cr_expect_leq((size_t)NOTE_TEXT_BYTES, (size_t)PLACE_METADATA_BYTES);
    cr_assert(note_from_text(text, &note, error, sizeof(error)));
    cr_expect_str_eq(note.serial, most.serial);
    cr_expect(note.sent == INT64_MAX && constants_equal(&note.constants, &most.constants));
    cr_expect(note.sees_more == 1 && note.also == UINT64_MAX);
}

Test(constants, of_the_first_version_are_those_of_a_group_that_had_no_others)
{
    char error[200];
    struct note note;
    cr_assert(note_from_text("v1;engine=1;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=0",
                             &note, error, sizeof(error)));
    cr_expect(note.since == SINCE_EVER && note.sent == 0 && note.quarantine == 0 && note.serial[0] == 0);
}

Test(constants, of_somebody_else_are_refused)
{
    static const char *const rows[] = {
        "", "x", "v2;engine=3", "v1;", "v1;engine=3;book=", "aborted",
        "v1;engine=x;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=0",
        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009;step=-4",
        "v1;engine=3;book=0000000000000abc;reference=0000000000000000;schemas=1122334455667788;outputs=0000000000000009",
    };
    char error[256];
    struct note note;
    for (size_t row = 0; row < COUNT(rows); row++)
        cr_expect_not(note_from_text(rows[row], &note, error, sizeof(error)), "%s", rows[row]);
}

Test(constants, that_differ_in_anything_are_not_equal)
{
    struct constants other[5];
    for (size_t i = 0; i < COUNT(other); i++) {
        other[i] = ours.constants;
        ((uint64_t *)&other[i])[i]++;
        cr_expect_not(constants_equal(&ours.constants, &other[i]), "%zu", i);
        cr_expect_neq(constants_hash(&ours.constants), constants_hash(&other[i]));
    }
}

Test(serials, are_in_the_order_of_their_numbers)
{
    static const char *const rising[] = { "", "2025", "2026-1", "2026-09", "2026-10", "2026-10a", "2026-10b", "2026-11" };
    for (size_t i = 0; i < COUNT(rising); i++)
        for (size_t k = 0; k < COUNT(rising); k++) {
            int order = serial_compare(rising[i], rising[k]);
            cr_expect_eq((order > 0) - (order < 0), (i > k) - (i < k), "%s, %s", rising[i], rising[k]);
        }
    cr_expect_eq(serial_compare("2026-09", "2026-9"), 0);
}
