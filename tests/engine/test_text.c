/* Text put together in an arena: keys, subjects and sentences. */
#include "engine/text.h"

#include "engine/calendar.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

TestSuite(text, .timeout = 30);

static void expect_text(struct text *text, const char *expected)
{
    struct bytes found = text_end(text);
    cr_expect(bytes_equal(found, bytes_of(expected)), "\"%.*s\" is not \"%s\"", BYTES_ARGS(found), expected);
}

Test(text, writes_numbers_euros_and_per_mille)
{
    static const struct {
        int64_t number;
        const char *plain, *euros;
    } rows[] = {
        { 0, "0", "EUR 0.00" },
        { 5, "5", "EUR 0.05" },
        { 99, "99", "EUR 0.99" },
        { 100, "100", "EUR 1.00" },
        { -1, "-1", "EUR -0.01" },
        { 99999, "99999", "EUR 999.99" },
        { 100000, "100000", "EUR 1,000.00" },
        { -1450000, "-1450000", "EUR -14,500.00" },
        { 100000000, "100000000", "EUR 1,000,000.00" },
        { INT64_MAX, "9223372036854775807", "EUR 92,233,720,368,547,758.07" },
        { INT64_MIN, "-9223372036854775808", "EUR -92,233,720,368,547,758.08" },
    };
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text plain = text_begin(&arena), euros = text_begin(&arena);
        text_add_number(&plain, rows[i].number);
        expect_text(&plain, rows[i].plain);
        text_add_euros(&euros, rows[i].number);
        expect_text(&euros, rows[i].euros);
    }
    static const struct {
        int64_t permille;
        const char *expected;
    } shares[] = { { 0, "0%" },      { 1, "0.1%" },      { 800, "80%" },
                   { 1000, "100%" }, { 1025, "102.5%" }, { 1000000, "100000%" } };
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct text text = text_begin(&arena);
        text_add_permille(&text, shares[i].permille);
        expect_text(&text, shares[i].expected);
    }
    arena_release(&arena);
}

Test(text, joins_parts_and_grows_past_its_first_room)
{
    struct arena arena;
    char expected[1024] = "";
    size_t length = 0;
    arena_init(&arena, 0);
    struct text text = text_begin(&arena);
    text_add(&text, BYTES_NULL); /* null adds nothing */
    text_add(&text, BYTES(""));
    for (int i = 0; i < 50; i++) {
        TEXT_ADD(&text, "hip/L/");
        text_add_day(&text, DAY_1990_01_01);
        length += (size_t)snprintf(expected + length, sizeof(expected) - length, "hip/L/1990-01-01");
    }
    expect_text(&text, expected);
    arena_release(&arena);
}
