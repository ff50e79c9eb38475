/* Price lines, candidates, overlaps, shares, proration; the accounts of a decision (§7). */
#include "support/given_story.h"

TestSuite(allocation, .timeout = 30);

#define KNEE(weight)                                                                                         \
    "  - {id: knee, name: knee, definitions: [{from: 2020-01-01, until: 2030-12-31, sides: none, opens: "    \
    "{criterion: knee},\n"                                                                                   \
    "     closes: {after_days: 30}, uncontracted: shadow, scope: {include: knee.care}, run_out_days: 20, "   \
    "weight: " weight "}]}\n"
#define PRICED(loose)                                                                                        \
    ", payment: prospective, loose: " loose ", price_criterion: price, price_by_days: 40, "                  \
    "budget: {strata: [{label: all, amount: 100000}]}, thresholds: []"

Test(allocation, says_why_a_line_is_in_no_episode)
{
    STORY(GIVEN_BOOK(.sides = "separate", .scope = ", exclude: visit"),
          "d1 OPEN LEFT 2026-03-01 1.00  | d1 BUNDLED",
          "d2 XRAY 2026-03-02 1.00       | d2 FEE_FOR_SERVICE no_rule",
          "d3 CARE 2026-04-01 1.00       | d3 FEE_FOR_SERVICE no_episode",
          "d4 CARE RIGHT 2026-03-02 1.00 | d4 FEE_FOR_SERVICE other_side",
          "d5 LAB 2026-03-02 1.00        | d5 FEE_FOR_SERVICE out_of_scope",
          "d6 CAREV 2026-03-02 1.00      | d6 FEE_FOR_SERVICE out_of_scope",
          "d7 CARE 2026-02-28 1.00       | d7 FEE_FOR_SERVICE no_episode");
}

Test(allocation, takes_in_a_hospital_line_by_its_trajectory)
{
    STORY(GIVEN_BOOK(.scope = ", trajectory: true"),
          "d1 HOSPITAL_DBC OPEN 2026-03-01 1.00 trajectory=t1       | d1 BUNDLED",
          "d2 ADD_ON XRAY 2026-03-02 1.00 trajectory=t1             | d2 BUNDLED",
          "d3 ADD_ON XRAY 2026-03-02 1.00 trajectory=t2             | d3 FEE_FOR_SERVICE out_of_scope",
          "d4 ADD_ON XRAY 2026-03-02 1.00 trajectory=t1 by=02020202 | d4 FEE_FOR_SERVICE out_of_scope",
          "d5 PHARMACY XRAY 2026-03-02 1.00 trajectory=t1           | d5 FEE_FOR_SERVICE no_rule",
          "d6 ADD_ON XRAY 2026-03-02 1.00                           | d6 FEE_FOR_SERVICE no_rule");
}

Test(allocation, a_line_of_two_episodes_is_split_by_weight)
{
    STORY(GIVEN_BOOK(.bundles = KNEE("1"), .overlaps = "  - {pair: [hip, knee], lines: split}\n",
                     .definition = ", weight: 2"),
          "d1 OPEN 2026-03-01 1.00 | d1 BUNDLED", "k1 KNEE 2026-03-02 1.00 | k1 BUNDLED",
          "d2 WALK 2026-03-03 5.00 | d2 SPLIT hip/-/2026-03-01:3.33 knee/-/2026-03-02:1.67 payable=5.00 "
          "outside=0; "
          "hip/-/2026-03-01 cost=4.33 lines=2; knee/-/2026-03-02 cost=2.67 lines=2");
}

Test(allocation, a_preferred_bundle_keeps_the_line)
{
    STORY(GIVEN_BOOK(.bundles = KNEE("1"), .overlaps = "  - {pair: [hip, knee], lines: {prefer: knee}}\n"),
          "d1 OPEN 2026-03-01 1.00 | d1 BUNDLED",
          "d2 WALK 2026-03-03 5.00 | d2 BUNDLED hip/-/2026-03-01:5.00",
          "k1 KNEE 2026-03-02 1.00 | d2 BUNDLED knee/-/2026-03-02:5.00");
}

Test(allocation, the_first_by_rank_keeps_the_line)
{
    STORY(GIVEN_BOOK(.bundles = KNEE("1"), .overlaps = "  - {pair: [hip, knee], lines: first}\n"),
          "d1 OPEN 2026-03-02 1.00 | d1 BUNDLED",
          "k1 KNEE 2026-03-02 1.00 | k1 BUNDLED",
          "d2 WALK 2026-03-03 5.00 | d2 BUNDLED hip/-/2026-03-02:5.00",
          "k2 KNEE 2026-03-01 1.00 | d2 BUNDLED knee/-/2026-03-01:5.00");
}

Test(allocation, a_suppressor_is_preferred_when_the_cell_says_nothing_of_lines)
{
    STORY(GIVEN_BOOK(.bundles = KNEE("1"), .overlaps = "  - {pair: [hip, knee], suppress: knee}\n",
                     .opens = ", look_back_days: 10"),
          "k1 KNEE 2026-02-20 1.00 | knee/-/2026-02-20 closes_on=2026-03-22",
          "d1 OPEN 2026-03-01 1.00 | knee/-/2026-02-20 closes_on=2026-02-28 ended_by=hip",
          "d2 WALK 2026-02-25 5.00 | d2 BUNDLED hip/-/2026-03-01:5.00");
}

Test(allocation, prorates_the_days_after_the_window)
{
    STORY(GIVEN_BOOK(.scope = ", prorate: [SHORT_STAY]"),
          "d1 OPEN 2026-03-01 1.00                          | hip/-/2026-03-01 closes_on=2026-03-31",
          "d2 SHORT_STAY CARE 2026-03-30 2026-04-01 1.00    | d2 SPLIT hip/-/2026-03-01:0.67 outside=0.33 "
          "payable=1.00",
          "d3 SHORT_STAY CARE 2026-03-30 2026-03-31 1.00    | d3 BUNDLED hip/-/2026-03-01:1.00",
          "d4 MENTAL CARE 2026-03-30 2026-04-01 1.00        | d4 BUNDLED hip/-/2026-03-01:1.00",
          "d5 SHORT_STAY CARE 2026-03-31 2026-04-01 0.01    | d5 BUNDLED hip/-/2026-03-01:0.01",
          "d6 SHORT_STAY CARE 2026-03-31 2026-04-02 0.01    | d6 SPLIT hip/-/2026-03-01:0.00 outside=0.01");
}

Test(allocation, a_price_goes_to_the_first_episode_that_has_none)
{
    STORY(
        GIVEN_BOOK(.contract = PRICED("registration")),
        "p1 PRICE 2026-03-05 1000.00                 | p1 PRICE_UNPLACED withheld=1000.00",
        "d1 OPEN 2026-03-01 20.00                    | p1 BUNDLE_PRICE payable=1000.00; d1 BUNDLED "
        "covered=20.00 payable=0; "
        "hip/-/2026-03-01 price=1000.00 cost=20.00 covered=20.00; no alert price_differs/p1",
        "p2 PRICE 2026-03-06 900.00                  | p2 BUNDLE_PRICE_REPEATED refused=900.00 evidence=p1; "
        "alert double_payment/p2/price_repeated CRITICAL prevented=900.00",
        "p3 PRICE 2026-03-31 900.00 by=02020202      | p3 FEE_FOR_SERVICE",
        "p4 PRICE 2026-04-01 900.00                  | p4 PRICE_UNPLACED",
        "p0 PRICE 2026-03-07 999.00 sent=2026-03-04  | p0 BUNDLE_PRICE; p1 BUNDLE_PRICE_REPEATED "
        "evidence=p0; alert price_differs/p0 "
        "observed=999.00 limit=1000.00; hip/-/2026-03-01 price=999.00");
}

Test(allocation, a_prorated_line_is_cut_where_days_of_candidates_begin_and_end)
{
    STORY(GIVEN_BOOK(.opens = ", look_back_days: 2", .scope = ", prorate: [OTHER]",
                     .definition = ", measures: [{name: walks, criterion: care, take: quantity}]"),
          "d1 OPEN 2026-03-10 0.00 quantity=1               | hip/-/2026-03-10 opens_window=2026-03-08 "
          "closes_on=2026-04-09 walks:1",
          "w1 WALK 2026-03-01 2026-03-10 100.00 quantity=5  | w1 SPLIT hip/-/2026-03-10:30.00 outside=70.00 "
          "payable=100.00; hip/-/2026-03-10 walks:3",
          "w2 WALK 2026-04-09 2026-04-11 0.05               | w2 SPLIT hip/-/2026-03-10:0.02 outside=0.03; "
          "hip/-/2026-03-10 walks:3",
          "w3 WALK 2026-03-07 2026-04-10 0.35               | w3 SPLIT hip/-/2026-03-10:0.33 outside=0.02",
          "w4 WALK 2026-03-01 2026-03-07 1.00               | w4 FEE_FOR_SERVICE no_episode",
          "w5 WALK 2026-03-08 2026-04-09 1.00               | w5 BUNDLED",
          "b1 BAD 2026-03-01 2026-03-10 1.00                | b1 FEE_FOR_SERVICE out_of_scope");
    /* the hip from 03-10 to 04-09, the knee from 03-13 on; only the hip prorates */
    STORY(GIVEN_BOOK(.scope = ", prorate: [OTHER]", .bundles = KNEE("1"),
                     .overlaps = "  - {pair: [hip, knee], lines: split}\n"),
          "d1 OPEN 2026-03-10 1.00                          | d1 BUNDLED",
          "k1 KNEE 2026-03-13 1.00                          | k1 BUNDLED",
          "w1 WALK 2026-03-09 2026-03-14 6.00               | w1 SPLIT hip/-/2026-03-10:4.00 "
          "knee/-/2026-03-13:1.00 outside=1.00",
          "c1 credits d1                                    | w1 FEE_FOR_SERVICE");
    STORY(GIVEN_BOOK(.scope = ", prorate: [OTHER]", .bundles = KNEE("1"),
                     .overlaps = "  - {pair: [hip, knee], lines: {prefer: knee}}\n"),
          "d1 OPEN 2026-03-10 1.00                          | d1 BUNDLED",
          "k1 KNEE 2026-03-13 1.00                          | k1 BUNDLED",
          "w1 WALK 2026-03-09 2026-03-14 6.00               | w1 SPLIT hip/-/2026-03-10:3.00 "
          "knee/-/2026-03-13:2.00 outside=1.00");
}

Test(allocation, a_price_covers_the_members_and_nobody_else)
{
    STORY(GIVEN_BOOK(.contract = PRICED("refused")),
          "d1 OPEN 2026-03-01 20.00             | d1 BUNDLED covered=20.00; alert double_payment/d1/covered "
          "WARNING prevented=0 "
          "evidence=null",
          "d2 CARE 2026-03-02 30.00             | d2 BUNDLED covered=30.00; alert double_payment/d2/covered",
          "d3 CARE 2026-03-02 40.00 by=02020202 | d3 BUNDLED payable=40.00 covered=0; no alert "
          "double_payment/d3/covered",
          "d4 CARE 2026-03-02 0.00              | d4 BUNDLED; no alert double_payment/d4/covered; "
          "hip/-/2026-03-01 cost=90.00 covered=50.00 lines=4");
}
