/* Each type of alert: raised, not raised, and at its edge (§10); with the settlements and states that they
 * follow (§8, §9). */
#include "support/given_story.h"

#include "engine/alert.h"

TestSuite(alert, .timeout = 30);

#define BUDGET ", payment: retrospective, budget: {strata: [{label: all, amount: 10000}]}, "

static const char reference_text[] = "reference: \"test\"\n"
                                     "episodes:\n  - {bundle: hip, stratum: all, count: 30, mean: 8000, p01: "
                                     "100, p05: 1000, p50: 8000, p95: 20000, p99: 30000,\n"
                                     "     declared_permille: {7: 250, 14: 500, 28: 1000}}\n"
                                     "lines:\n  - {care_type: OTHER, care_code: \"CARE\", p999: 500}\n";

static void story_with_reference(const struct book *book, const char *const rows[])
{
    story_holds_with(book, reference_read_text("reference", bytes_of(reference_text), finding_print, stderr),
                     rows);
}
#define STORY_WITH_REFERENCE(book, ...)                                                                      \
    story_with_reference((book), (const char *const[]){ __VA_ARGS__, NULL })

/* --- the rows of alerts.def --- */

static size_t kinds_of(uint8_t type)
{
    size_t count = 0;
    for (size_t kind = ALERT_KIND_NONE + 1; kind < ALERT_KIND_COUNT; kind++)
        count += alert_kind_rows[kind].type == type;
    return count;
}

Test(alert, has_one_sentence_of_its_own_or_one_of_each_kind)
{
    for (uint8_t type = 0; type < ALERT_TYPE_COUNT; type++)
        cr_expect_eq(alert_rows[type].sentence == NULL, kinds_of(type) > 0, "%.*s",
                     BYTES_ARGS(alert_type_names[type]));
    for (size_t kind = ALERT_KIND_NONE + 1; kind < ALERT_KIND_COUNT; kind++)
        cr_expect_not_null(alert_kind_rows[kind].sentence);
}

/* What the table of §10 calls `its own` and `see right` is said by nobody but the book and the kinds. */
Test(alert, leaves_severity_and_unit_open_only_to_book_and_kind)
{
    for (uint8_t type = 0; type < ALERT_TYPE_COUNT; type++) {
        const struct alert_row *row = &alert_rows[type];
        cr_expect(row->severity != SEVERITY_KIND || kinds_of(type) > 0, "%.*s",
                  BYTES_ARGS(alert_type_names[type]));
        cr_expect(row->severity != SEVERITY_BOOK || type == ALERT_budget_threshold);
        cr_expect(row->unit != UNIT_BOOK || type == ALERT_measure);
    }
}

Test(alert, budget_threshold_is_the_highest_that_is_reached)
{
    STORY(GIVEN_BOOK(.contract = BUDGET
                     "thresholds: [{permille: 500, severity: info}, {permille: 1000, severity: critical}]"),
          "d1 OPEN 2026-03-01 49.99 | no alert budget_threshold/hip/-/2026-03-01/500",
          "d2 CARE 2026-03-02 0.01  | alert budget_threshold/hip/-/2026-03-01/500 INFO observed=50.00 "
          "limit=50.00",
          "d3 CARE 2026-03-03 49.99 | alert budget_threshold/hip/-/2026-03-01/500 observed=50.00",
          "d4 CARE 2026-03-04 0.01  | no alert budget_threshold/hip/-/2026-03-01/500; alert "
          "budget_threshold/hip/-/2026-03-01/1000 "
          "CRITICAL",
          "c4 credits d4            | alert budget_threshold/hip/-/2026-03-01/500 observed=99.99 revision=3; "
          "no alert budget_threshold/hip/-/2026-03-01/1000",
          "c1 credits d1            | no alert budget_threshold/hip/-/2026-03-01/500; hip/-/2026-03-01 VOID");
}

Test(alert, stop_loss_is_raised_above_its_limit_and_the_insurer_bears_his_part)
{
    STORY(
        GIVEN_BOOK(.contract = BUDGET "thresholds: [], stop_loss: {permille: 1500, insurer_permille: 500}"),
        "d1 OPEN 2026-03-01 150.00 | no alert stop_loss/hip/-/2026-03-01; hip/-/2026-03-01 charged=150.00 "
        "result=-50.00",
        "d2 CARE 2026-03-02 0.01   | alert stop_loss/hip/-/2026-03-01 CRITICAL observed=150.01 limit=150.00; "
        "hip/-/2026-03-01 charged=150.00",
        "d3 CARE 2026-03-03 10.00  | hip/-/2026-03-01 cost=160.01 charged=155.00 result=-55.00");
}

Test(alert, projected_overrun_moves_once_a_week_and_ends_with_the_settlement)
{
    STORY_WITH_REFERENCE(
        GIVEN_BOOK(.contract = BUDGET "thresholds: [], projection_margin: 100"),
        "d1 OPEN 2026-03-01 30.00 | hip/-/2026-03-01 projected=110.00; no alert "
        "projected_overrun/hip/-/2026-03-01",
        "d2 CARE 2026-03-02 0.01  | alert projected_overrun/hip/-/2026-03-01 WARNING observed=110.01 "
        "limit=110.00",
        "-- until 2026-03-07      | nothing",
        "-- until 2026-03-08      | hip/-/2026-03-01 projected=90.01; no alert "
        "projected_overrun/hip/-/2026-03-01",
        "d3 CARE 2026-03-09 75.00 | no alert projected_overrun/hip/-/2026-03-01; hip/-/2026-03-01 "
        "cost=105.01 projected=165.01",
        "-- until 2026-04-20      | hip/-/2026-03-01 RUN_OUT projected=105.01",
        "-- until 2026-04-21      | hip/-/2026-03-01 SETTLED projected=105.01 settlement_revision=1");
}

Test(alert, episode_outlier_is_high_above_p99_and_low_below_p05_once_settled)
{
    STORY_WITH_REFERENCE(GIVEN_BOOK(.contract = BUDGET "thresholds: [], outlier_permille: 1000"),
                         "d1 OPEN 2026-03-01 300.00 | no alert episode_outlier/hip/-/2026-03-01/high",
                         "d2 CARE 2026-03-02 0.01   | alert episode_outlier/hip/-/2026-03-01/high WARNING "
                         "observed=300.01 limit=300.00");
    STORY_WITH_REFERENCE(
        GIVEN_BOOK(.contract = BUDGET "thresholds: []"),
        "d1 OPEN 2026-03-01 9.99 | no alert episode_outlier/hip/-/2026-03-01/low",
        "-- until 2026-04-20     | no alert episode_outlier/hip/-/2026-03-01/low",
        "-- until 2026-04-21     | alert episode_outlier/hip/-/2026-03-01/low INFO observed=9.99 limit=10.00",
        "d2 CARE 2026-03-02 0.01 | no alert episode_outlier/hip/-/2026-03-01/low");
    /* without reference, by the budget */
    STORY(GIVEN_BOOK(.contract = BUDGET "thresholds: [], outlier_permille: 2000"),
          "d1 OPEN 2026-03-01 200.00 | no alert episode_outlier/hip/-/2026-03-01/high",
          "d2 CARE 2026-03-02 0.01   | alert episode_outlier/hip/-/2026-03-01/high limit=200.00");
}

Test(alert, line_outlier_is_about_a_line_with_a_share)
{
    STORY_WITH_REFERENCE(
        GIVEN_BOOK(0), "d1 OPEN 2026-03-01 9.00                | no alert line_outlier/d1",
        "d2 CARE 2026-03-02 5.00                | no alert line_outlier/d2",
        "d3 CARE 2026-03-02 5.01                | alert line_outlier/d3 INFO observed=5.01 limit=5.00",
        "d4 CARE 2026-05-02 5.01                | no alert line_outlier/d4");
}

Test(alert, double_payment_by_repeats_and_conflicts)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2026-03-01 9.00    | d1 BUNDLED", "-- again d1                | nothing",
          "-- again d1 at=1           | d1~1772355600001 REPEATED refused=9.00 evidence=d1; alert "
          "double_payment/d1~1772355600001/repeated INFO "
          "prevented=9.00",
          "-- again d1 at=1           | nothing",
          "-- again d1 at=2 9.01      | d1~1772355600002 CONFLICTING withheld=9.01; alert "
          "double_payment/d1~1772355600002/conflicting "
          "WARNING "
          "prevented=0",
          "c1 credits d1              | d1 CREDITED; d1~1772355600001 REPEATED; alert "
          "double_payment/d1~1772355600001/repeated");
}

Test(alert, price_missing_is_raised_the_day_after_it_was_awaited)
{
    STORY(GIVEN_BOOK(.contract = ", payment: prospective, price_criterion: price, price_by_days: 10, "
                                 "budget: {strata: [{label: all, amount: 1}]}, thresholds: []"),
          "d1 OPEN 2026-03-01 9.00   | no alert price_missing/hip/-/2026-03-01",
          "-- until 2026-03-11       | nothing",
          "-- until 2026-03-12       | alert price_missing/hip/-/2026-03-01 WARNING observed=null limit=10 "
          "unit=DAYS",
          "p1 PRICE 2026-03-31 0.01  | no alert price_missing/hip/-/2026-03-01");
}

Test(alert, outcome_counts_days_from_its_base)
{
    STORY(GIVEN_BOOK(.definition = ", outcomes: [{name: again, criterion: more, from_day: 0, to_day: 40},"
                                   " {name: after, criterion: more, after: lab, from_day: 1, to_day: 5}]"),
          "d1 OPEN 2026-03-01 9.00 | d1 BUNDLED",
          "m1 MORE 2026-04-10      | alert outcome/hip/-/2026-03-01/again/m1 INFO observed=40 unit=DAYS",
          "m2 MORE 2026-04-11      | no alert outcome/hip/-/2026-03-01/again/m2; no alert "
          "outcome/hip/-/2026-03-01/after/m2",
          "m3 MORE 2026-03-10      | alert outcome/hip/-/2026-03-01/again/m3 observed=9; no alert "
          "outcome/hip/-/2026-03-01/after/m3",
          "l1 LAB 2026-03-05       | alert outcome/hip/-/2026-03-01/after/m3 observed=5",
          "l2 LAB 2026-03-04       | no alert outcome/hip/-/2026-03-01/after/m3");
}

Test(alert, missing_care_waits_for_its_bill)
{
    STORY(GIVEN_BOOK(.definition = ", expects: [{name: visit, criterion: visit, by_day: 7, wait_days: 10}]"),
          "d1 OPEN 2026-03-01 9.00  | d1 BUNDLED",
          "v1 CAREV 2026-03-09 1.00 | v1 BUNDLED",
          "l1 LAB 2026-03-18        | no alert missing_care/hip/-/2026-03-01/visit",
          "-- until 2026-03-19      | alert missing_care/hip/-/2026-03-01/visit WARNING limit=7",
          "v2 CAREV 2026-03-08 1.00 | no alert missing_care/hip/-/2026-03-01/visit");
    STORY(GIVEN_BOOK(.closes = ", end: [{name: died, criterion: died, after_days: 0}]",
                     .definition = ", expects: [{name: visit, criterion: visit, by_day: 7}]"),
          "d1 OPEN 2026-03-01 9.00  | d1 BUNDLED",
          "e1 DIED 2026-03-07       | hip/-/2026-03-01 ended_by=died",
          "-- until 2026-04-01      | no alert missing_care/hip/-/2026-03-01/visit");
}

Test(alert, measure_is_raised_above_its_most)
{
    STORY(GIVEN_BOOK(.definition =
                         ", measures: [{name: visits, criterion: visit, take: quantity, at_most: 5},"
                         " {name: wait, criterion: visit, take: first_day, at_most: 3}, {name: lines, "
                         "criterion: visit, take: "
                         "lines}]"),
          "d1 OPEN 2026-03-01 9.00             | hip/-/2026-03-01 visits:0 wait:null lines:0",
          "v1 CAREV 2026-03-05 1.00 quantity=5 | hip/-/2026-03-01 visits:5 wait:4 lines:1; alert "
          "measure/hip/-/2026-03-01/wait "
          "unit=DAYS observed=4; "
          "no alert measure/hip/-/2026-03-01/visits",
          "v2 CAREV 2026-03-04 1.00            | hip/-/2026-03-01 visits:6 wait:3 lines:2; no alert "
          "measure/hip/-/2026-03-01/wait; "
          "alert measure/hip/-/2026-03-01/visits WARNING observed=6 limit=5 unit=COUNT");
}

Test(alert, fragmentation_and_second_hospital_count_products_with_a_share)
{
    STORY(GIVEN_BOOK(.definition = ", signals: {max_specialisms: 1, max_hospitals: 1}"),
          "d1 HOSPITAL_DBC OPEN 2026-03-01 9.00 specialism=0303             | no alert "
          "fragmentation/hip/-/2026-03-01",
          "d2 HOSPITAL_DBC CARE 2026-03-02 9.00                             | no alert "
          "fragmentation/hip/-/2026-03-01",
          "d3 CARE 2026-03-02 9.00 specialism=0305 by=02020202              | no alert "
          "second_hospital/hip/-/2026-03-01",
          "d4 HOSPITAL_DBC CARE 2026-03-02 9.00 specialism=0305             | alert "
          "fragmentation/hip/-/2026-03-01 INFO observed=2 limit=1",
          "d5 HOSPITAL_DBC CARE 2026-03-02 9.00 specialism=0303 by=02020202 | alert "
          "second_hospital/hip/-/2026-03-01 INFO observed=2 "
          "limit=1");
}

Test(alert, stepped_care_asks_for_conservative_care_before)
{
    STORY(GIVEN_BOOK(.definition = ", signals: {stepped: {invasive: more, conservative: visit, days: 20}}"),
          "d1 OPEN 2026-03-01 9.00  | d1 BUNDLED",
          "m1 MORE 2026-03-25       | alert stepped_care/hip/-/2026-03-01 INFO limit=20",
          "v1 CAREV 2026-03-25 1.00 | alert stepped_care/hip/-/2026-03-01",
          "v2 CAREV 2026-03-04 1.00 | alert stepped_care/hip/-/2026-03-01",
          "v3 CAREV 2026-03-05 1.00 | no alert stepped_care/hip/-/2026-03-01");
}

Test(alert, waiting_is_raised_when_a_credit_has_waited_too_long)
{
    STORY(GIVEN_BOOK(.rest = "waiting_days: 5\n"),
          "c1 credits d1 OPEN 2026-03-01 9.00       | c1 CREDIT_PENDING",
          "-- until 2026-03-06                      | nothing",
          "-- until 2026-03-07                      | alert waiting/c1 WARNING observed=9.00",
          "d1 OPEN 2026-03-01 9.00 sent=2026-03-08  | c1 CREDIT_APPLIED; no alert waiting/c1");
}

Test(alert, settlement_changed_is_raised_once_for_each_change_after_the_final_one)
{
    STORY(GIVEN_BOOK(.definition = ", true_up_days: 10"),
          "d1 OPEN 2026-03-01 10.00                 | hip/-/2026-03-01 OPEN settlement_revision=0",
          "-- until 2026-03-31                      | hip/-/2026-03-01 OPEN",
          "-- until 2026-04-01                      | hip/-/2026-03-01 RUN_OUT",
          "-- until 2026-04-20                      | hip/-/2026-03-01 RUN_OUT",
          "-- until 2026-04-21                      | hip/-/2026-03-01 SETTLED settlement_revision=1 "
          "settlement_delta=null "
          "after_final=false",
          "d2 CARE 2026-03-02 1.00 sent=2026-04-29  | hip/-/2026-03-01 settlement_revision=2 "
          "settlement_delta=-1.00 after_final=false",
          "d3 CARE 2026-03-02 2.00 sent=2026-04-30  | hip/-/2026-03-01 settlement_revision=3 "
          "settlement_delta=-2.00 after_final=true; "
          "alert settlement_changed/hip/-/2026-03-01/3 WARNING observed=-2.00",
          "c1 credits d1 sent=2026-05-01            | hip/-/2026-03-01 VOID settlement_revision=4; "
          "alert settlement_changed/hip/-/2026-03-01/4");
}

Test(alert, settlement_changed_is_silent_when_no_money_moves)
{
    STORY(GIVEN_BOOK(.definition = ", true_up_days: 10"),
          "d1 OPEN 2026-03-01 10.00                 | hip/-/2026-03-01 OPEN",
          "-- until 2026-04-30                      | hip/-/2026-03-01 SETTLED settlement_revision=1",
          "d2 CARE 2026-03-02 0.00 sent=2026-04-30  | hip/-/2026-03-01 lines=2 settlement_revision=2 "
          "settlement_delta=0 after_final=true; no alert settlement_changed/hip/-/2026-03-01/2",
          "d3 CARE 2026-03-02 0.01 sent=2026-04-30  | alert settlement_changed/hip/-/2026-03-01/3");
}

Test(alert, covered_has_prevented_what_a_price_has_paid)
{
    STORY(GIVEN_BOOK(.contract = ", payment: prospective, loose: refused, price_criterion: price, "
                                 "budget: {strata: [{label: all, amount: 10000}]}, thresholds: []"),
          "d1 OPEN 2026-03-01 9.00   | alert double_payment/d1/covered WARNING observed=9.00 prevented=0 "
          "evidence=null",
          "d2 CARE 2026-03-02 1.00   | alert double_payment/d2/covered prevented=0 evidence=null revision=1",
          "p1 PRICE 2026-03-31 100.00 | alert double_payment/d2/covered prevented=1.00 evidence=p1 "
          "revision=2",
          "d3 CARE 2026-03-03 2.00   | alert double_payment/d3/covered prevented=2.00 evidence=p1 revision=1",
          "c1 credits p1             | alert double_payment/d1/covered prevented=0 evidence=null revision=3");
}

Test(alert, credit_mismatch_says_why_and_which)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 120.00             | d1 BUNDLED",
          "c1 credits d1 120.01 by=02020202 insurer=2 | alert credit_mismatch/c1/provider WARNING "
          "observed=120.01 limit=120.00 evidence=d1 prevented=null",
          "c2 credits d1 120.01 insurer=2        | alert credit_mismatch/c2/insurer evidence=d1",
          "c3 credits d1 0.00                    | alert credit_mismatch/c3/amount observed=0 limit=120.00",
          "c4 credits d1                         | c4 CREDIT_APPLIED; no alert credit_mismatch/c3/amount; "
          "alert credit_mismatch/c3/taken_back evidence=d1; alert credit_mismatch/c1/taken_back",
          "d2 OPEN 2026-03-01 60.00              | alert credit_mismatch/c3/taken_back evidence=d2 "
          "revision=2",
          "d3 OPEN 2026-03-01 0.00               | alert credit_mismatch/c3/taken_back evidence=d3 "
          "revision=3; alert credit_mismatch/c2/taken_back evidence=d1",
          "d4 OPEN 2026-03-01 0.00               | alert credit_mismatch/c3/taken_back evidence=d3",
          "x3 credits d3                         | alert credit_mismatch/c3/taken_back evidence=d4",
          "c5 credits c4                         | alert credit_mismatch/c5/no_debit evidence=c4 "
          "limit=120.00",
          "c7 credits d9 OPEN 2026-03-01 9.00    | c7 CREDIT_PENDING; no alert credit_mismatch/c7/no_debit");
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2023-01-01 9.00 sent=2026-03-01 | d1 OUT_OF_HORIZON",
          "c1 credits d1 OPEN 2026-03-01 8.00      | alert credit_mismatch/c1/out_of_horizon limit=9.00",
          "c2 credits d1 2023-02-01 sent=2026-03-02 | c2 OUT_OF_HORIZON; no alert "
          "credit_mismatch/c2/out_of_horizon");
    /* what no rule sees: too little is remembered to guess */
    STORY(GIVEN_BOOK(0),
          "d1 XRAY 2026-03-01 9.00   | d1 FEE_FOR_SERVICE no_rule",
          "c1 credits d1             | d1 CREDITED; no alert credit_differs/c1",
          "d2 XRAY 2026-03-01 8.00   | d2 FEE_FOR_SERVICE no_rule",
          "c2 credits d1 8.00        | alert credit_mismatch/c2/taken_back evidence=d1");
}

Test(alert, credit_differs_when_code_or_start_differ)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 9.00          | d1 BUNDLED",
          "c1 credits d1 CARE               | c1 CREDIT_APPLIED; alert credit_differs/c1 INFO observed=9.00 "
          "limit=null evidence=d1",
          "c0 credits d1 sent=2026-02-01    | c0 CREDIT_APPLIED; c1 CREDIT_EXCESS; no alert "
          "credit_differs/c1; no alert credit_differs/c0",
          "d2 OPEN 2026-03-01 9.00          | d2 BUNDLED",
          "c2 credits d2 OPEN 2026-03-02    | alert credit_differs/c2 evidence=d2");
}

Test(alert, settlement_changed_is_raised_by_a_first_settlement_after_the_final_date)
{
    STORY(GIVEN_BOOK(.sides = "separate", .definition = ", true_up_days: 10"),
          "d1 OPEN LEFT 2026-03-02 10.00                 | hip/L/2026-03-02 OPEN",
          "d2 OPEN RIGHT 2026-03-02 10.00                | hip/R/2026-03-02 OPEN",
          "-- until 2026-05-01                           | hip/L/2026-03-02 SETTLED settlement_revision=1 "
          "after_final=false",
          "c1 credits d1 sent=2026-05-02                 | hip/L/2026-03-02 VOID; alert "
          "settlement_changed/hip/L/2026-03-02/2 evidence=null",
          "c2 credits d2 sent=2026-05-03                 | hip/R/2026-03-02 VOID; alert "
          "settlement_changed/hip/R/2026-03-02/2",
          /* its final date is 2026-04-30 */
          "d3 OPEN LEFT 2026-03-01 10.00 sent=2026-05-03 | hip/L/2026-03-01 SETTLED settlement_revision=1 "
          "after_final=true settlement_delta=990.00; alert settlement_changed/hip/L/2026-03-01/1 WARNING "
          "observed=990.00 evidence=hip/L/2026-03-02",
          "d4 OPEN BOTH 2026-03-01 5.00 sent=2026-05-03  | hip/L/2026-03-01 settlement_revision=2 "
          "settlement_delta=-5.00",
          "c4 credits d4 sent=2026-05-03                 | hip/L/2026-03-01 settlement_revision=3",
          "c3 credits d3 sent=2026-05-03                 | hip/L/2026-03-01 VOID",
          "d5 OPEN BOTH 2026-02-01 5.00 sent=2026-05-03  | hip/B/2026-02-01 SETTLED; alert "
          "settlement_changed/hip/B/2026-02-01/1 evidence=hip/L/2026-03-01",
          "d6 OPEN BOTH 2026-04-02 5.00 sent=2026-05-04  | hip/B/2026-04-02 RUN_OUT",
          "-- until 2026-07-01                           | hip/B/2026-04-02 SETTLED after_final=false "
          "settlement_delta=null; no alert settlement_changed/hip/B/2026-04-02/1");
}

Test(alert, birth_date_differs_is_about_the_first_line_with_each_other_date)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-02 9.00 born=1950-01-01                  | d1 BUNDLED",
          "x1 XRAY 2026-03-02 9.00 born=1960-01-01                  | no alert birth_date_differs/x1",
          "d2 CARE 2026-03-03 9.00 born=1950-01-02 insurer=2        | alert birth_date_differs/d2 WARNING "
          "observed=null limit=null unit=COUNT evidence=d1 insurer=2",
          "d3 CARE 2026-03-03 9.00 born=1950-01-02                  | no alert birth_date_differs/d3",
          "d4 CARE 2026-03-03 9.00 born=1950-01-03                  | alert "
          "birth_date_differs/d4 evidence=d1",
          "d5 CARE 2026-03-01 9.00 born=1950-01-03                  | no alert birth_date_differs/d4; alert "
          "birth_date_differs/d1 evidence=d5; alert birth_date_differs/d2 evidence=d5",
          "c5 credits d5                                            | alert "
          "birth_date_differs/d4 evidence=d1",
          "c2 credits d2                                            | alert "
          "birth_date_differs/d3 evidence=d1");
}

Test(alert, product_withdrawn_is_about_what_a_product_has_left)
{
    STORY(GIVEN_BOOK(.scope = ", trajectory: true"),
          "d1 HOSPITAL_DBC OPEN 2026-03-01 9.00 trajectory=1 | d1 BUNDLED",
          "a1 ADD_ON CAREX 2026-03-02 5.00 trajectory=1      | a1 BUNDLED; no alert product_withdrawn/a1",
          "a2 ACTIVITY CAREX 2026-03-02 0.00 trajectory=1    | a2 BUNDLED",
          "c1 credits d1                                     | alert product_withdrawn/a1 WARNING "
          "observed=5.00 limit=null evidence=d1; no alert product_withdrawn/a2",
          "a3 ACTIVITY CAREX 2026-03-02 1.00 trajectory=1    | alert product_withdrawn/a3",
          "a4 ACTIVITY CAREX 2026-03-02 1.00 trajectory=2    | no alert product_withdrawn/a4",
          "a5 ACTIVITY CAREX 2026-03-02 1.00 trajectory=1 by=02020202 | no alert product_withdrawn/a5",
          "d0 HOSPITAL_DBC CAREX 2026-03-01 7.00 trajectory=1 sent=2026-02-01 | no alert "
          "product_withdrawn/a1; no alert product_withdrawn/a3",
          "c0 credits d0                                     | alert product_withdrawn/a1 evidence=d0",
          "ca credits a1                                     | no alert product_withdrawn/a1");
}

Test(alert, says_what_holds_now)
{
    /* a limit that moves with the budget; what was observed stays as it was sent */
    STORY(GIVEN_BOOK(.contract = ", payment: prospective, price_criterion: price, thresholds: [], "
                                 "budget: {strata: [{label: all, amount: 10000}], factors: [{label: a, "
                                 "criterion: lab, add: 500}]}"),
          "d1 OPEN 2026-03-01 9.00   | d1 BUNDLED",
          "p1 PRICE 2026-03-02 99.00 | alert price_differs/p1 limit=100.00 revision=1",
          "d2 CARE 2026-03-02 1.00   | alert price_differs/p1 limit=100.00 revision=1",
          "l1 LAB 2026-03-01         | alert price_differs/p1 limit=105.00 observed=99.00 revision=2",
          "c1 credits l1             | alert price_differs/p1 limit=100.00 revision=3",
          "c2 credits p1             | no alert price_differs/p1");
    /* a threshold moves with the cost: the same alert is not said again */
    STORY(GIVEN_BOOK(.contract = BUDGET "thresholds: [{permille: 500, severity: info}]"),
          "d1 OPEN 2026-03-01 50.00 | alert budget_threshold/hip/-/2026-03-01/500 observed=50.00 revision=1",
          "d2 CARE 2026-03-02 1.00  | alert budget_threshold/hip/-/2026-03-01/500 observed=50.00 revision=1");
    /* the provider that answers for an episode, after a credit and a line anew */
    STORY(GIVEN_BOOK(.contract = BUDGET "thresholds: []",
                     .definition = ", uncontracted: shadow, expects: [{name: visit, criterion: visit, "
                                   "by_day: 7}]"),
          "d1 OPEN 2026-03-01 9.00                           | d1 BUNDLED",
          "-- until 2026-04-10                               | alert missing_care/hip/-/2026-03-01/visit "
          "provider=01010101 contract=north",
          "d2 OPEN 2026-03-01 9.00 by=02020202               | alert missing_care/hip/-/2026-03-01/visit "
          "provider=01010101 revision=1",
          "c1 credits d1 sent=2026-04-11                     | alert missing_care/hip/-/2026-03-01/visit "
          "provider=02020202 contract=null revision=2");
}

Test(alert, the_clock_speaks_before_the_record_that_moves_it)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2026-03-01 10.00 | hip/-/2026-03-01 OPEN cause=d1",
          "d2 XRAY 2026-04-21 10.00 | hip/-/2026-03-01 SETTLED cause=clock as_of=2026-04-21; d2 "
          "FEE_FOR_SERVICE cause=d2");
}
