/* The fold as a whole: identity, horizon, forgetting, the order and the numbers of what is sent (§2, §11). */
#include "support/given_story.h"

TestSuite(engine, .timeout = 30);

Test(engine, the_same_record_again_sends_nothing)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 9.00 | d1 BUNDLED",
          "d2 XRAY 2026-03-01 9.00 | d2 FEE_FOR_SERVICE",
          "-- again d1             | nothing",
          "-- again d2             | nothing",
          "c1 credits d2           | d2 CREDITED",
          "-- again c1             | nothing",
          "-- again d2             | nothing; d2 CREDITED revision=2");
}

Test(engine, a_repeat_of_a_line_that_no_rule_sees_brings_it_back)
{
    STORY(GIVEN_BOOK(0),
          "d1 XRAY 2026-03-01 9.00 | d1 FEE_FOR_SERVICE revision=1",
          "-- again d1 at=5        | d1~1772355600005 REPEATED evidence=d1; d1 FEE_FOR_SERVICE revision=1",
          "-- again d1 9.50        | d1~1772355600000 CONFLICTING; d1 FEE_FOR_SERVICE payable=9.00");
}

Test(engine, an_original_before_the_horizon_has_no_effect)
{
    STORY(GIVEN_BOOK(0), /* 1000 days before 2026-03-01 is 2023-06-05 */
          "d1 OPEN 2023-06-05 9.00 sent=2026-03-01 | d1 BUNDLED",
          "d2 OPEN 2023-01-04 9.00 sent=2026-03-01 | d2 OUT_OF_HORIZON withheld=9.00 reason=null; no "
          "hip/-/2023-01-04",
          "d3 XRAY 2023-06-04 9.00 sent=2026-03-01 | d3 OUT_OF_HORIZON",
          "d4 XRAY 2023-06-05 9.00 sent=2026-03-01 | d4 FEE_FOR_SERVICE");
}

Test(engine, what_is_forgotten_is_answered_under_the_key_of_a_repeat)
{
    STORY(
        GIVEN_BOOK(0), /* 1730 days after 2020-03-01 is 2024-11-25 */
        "d1 OPEN 2020-03-01 9.00                 | d1 BUNDLED; hip/-/2020-03-01 OPEN",
        "d2 XRAY 2020-03-01 9.00                 | d2 FEE_FOR_SERVICE",
        "-- until 2024-11-25                     | hip/-/2020-03-01 SETTLED",
        "-- again d1                             | nothing",
        "d3 XRAY 2024-11-26 1.00                 | d3 FEE_FOR_SERVICE",
        "d9 CARE 2024-11-26 1.00                 | d9 FEE_FOR_SERVICE",
        "-- again d2                             | d2~1583053200000 OUT_OF_HORIZON withheld=9.00 revision=1",
        "-- again d1                             | d1~1583053200000 OUT_OF_HORIZON revision=1; d1 BUNDLED");
}

Test(engine, forgets_an_unknown_id_the_day_after_its_last)
{
    STORY(GIVEN_BOOK(0), /* k1 and k2 move the clock, which the others do not */
          "k1 XRAY 2024-11-25 1.00 sent=2024-11-25 | k1 FEE_FOR_SERVICE",
          "d1 XRAY 2020-03-01 1.00 sent=2024-11-25 | d1 OUT_OF_HORIZON",
          "d2 OPEN 2020-03-01 1.00 sent=2024-11-25 | d2 OUT_OF_HORIZON",
          "k2 XRAY 2024-11-26 1.00 sent=2024-11-26 | k2 FEE_FOR_SERVICE",
          "d3 XRAY 2020-03-01 1.00 sent=2024-11-26 | d3~1732611600000 OUT_OF_HORIZON; no d3",
          "d4 OPEN 2020-03-01 1.00 sent=2024-11-26 | d4~1732611600000 OUT_OF_HORIZON; no d4");
}

Test(engine, decisions_come_before_episodes_before_alerts_each_in_the_order_of_keys)
{
    const struct book *book =
        GIVEN_BOOK(.contract = ", payment: retrospective, budget: {strata: [{label: all, amount: 100}]}, "
                               "thresholds: [{permille: 1000, severity: info}], stop_loss: {amount: 1, "
                               "insurer_permille: 0}");
    static const char *const rows[] = { "d9 CARE 2026-03-02 5.00", "d2 CARE 2026-03-03 5.00",
                                        "d5 OPEN 2026-03-01 5.00", NULL };
    static const char *const keys[] = { "p/d9",
                                        "p/d2",
                                        "p/d2",
                                        "p/d5",
                                        "p/d9",
                                        "p/1/hip/-/2026-03-01",
                                        "p/1/budget_threshold/hip/-/2026-03-01/1000",
                                        "p/1/stop_loss/hip/-/2026-03-01" };
    static struct story story;
    story_run(&story, book, NULL, rows, false);
    struct bytes all = buffer_bytes(&story.all);
    for (size_t i = 0; i < COUNT(keys); i++) {
        char begin[128];
        struct bytes line = part_next(&all, '\n');
        snprintf(begin, sizeof(begin), "{\"key\":\"%s\"", keys[i]);
        cr_expect(bytes_begin_with(line, bytes_of(begin)), "%zu: %.*s", i, BYTES_ARGS(line));
    }
    cr_expect_eq(all.length, 0);
    story_end(&story);
    book_free(book);
}

Test(engine, can_leave_out_fees_that_were_never_anything_else)
{
    const struct book *book = GIVEN_BOOK(0);
    struct outputs outputs;
    struct engine *engine = engine_new(&(struct engine_options){ .book = book, .bundles_only = true });
    static const struct {
        struct bytes id, code;
        int32_t start;
        size_t sent; /* decisions and episodes */
    } rows[] = {
        { { "d1", 2 }, { "XRAY", 4 }, 20515, 0 },
        { { "d2", 2 }, { "CARE", 4 }, 20520, 0 },
        { { "d3", 2 }, { "OPEN", 4 }, 20515, 3 },
    };
    outputs_init(&outputs);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct declaration line = { .declaration_id = rows[i].id,
                                    .insured = BYTES("p"),
                                    .insurer = 1,
                                    .provider = BYTES("01010101"),
                                    .care_type = CARE_OTHER,
                                    .care_code = rows[i].code,
                                    .start_date = rows[i].start,
                                    .end_date = rows[i].start,
                                    .quantity = 1,
                                    .amount = 100,
                                    .submitted_at = 20521 * DAY_MILLISECONDS };
        outputs_clear(&outputs);
        engine_accept(engine, &line, &outputs);
        cr_expect_eq(outputs.count, rows[i].sent, "row %zu sent %zu", i, outputs.count);
    }
    outputs_release(&outputs);
    engine_free(engine);
    book_free(book);
}
