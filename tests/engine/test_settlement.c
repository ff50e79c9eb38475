/* Contract, budget, result and state of an episode (§8, §9). */
#include "support/given_story.h"

TestSuite(settlement, .timeout = 30);

Test(settlement, the_budget_is_that_of_the_first_stratum_whose_ages_hold)
{
    STORY(GIVEN_BOOK(
                  .contract =
                      ", contractor: \"03030303\", payment: retrospective, thresholds: [], budget: {strata: ["
                      "{label: young, max_age: 64, amount: 100}, "
                      "{label: old, min_age: 65, amount: 200}, {label: all, amount: 300}]}"),
          "d1 OPEN 2026-03-01 1.00 born=1961-03-02 | hip/-/2026-03-01 stratum=young budget=1.00 "
          "contractor=03030303",
          "d2 OPEN 2026-05-01 1.00 born=1961-05-01 | hip/-/2026-05-01 stratum=old budget=2.00 result=1.00 "
          "charged=1.00");
}

Test(settlement, factors_look_back_from_the_opening_and_are_rounded_once)
{
    STORY(GIVEN_BOOK(.opens = ", look_back_days: 3", .sides = "separate",
                     .contract = ", payment: retrospective, thresholds: [], budget: {strata: [{label: all, "
                                 "amount: 10001}], factors: ["
                                 "{label: a, criterion: lab, permille: 100, add: 7}, "
                                 "{label: b, criterion: bad, permille: 50, look_back_days: 10}]}"),
          "d1 OPEN LEFT 2026-03-20 1.00 | hip/L/2026-03-20 budget=100.01",
          "l1 LAB 2026-03-16            | hip/L/2026-03-20 budget=100.01",
          "l2 LAB 2026-03-21            | hip/L/2026-03-20 budget=100.01",
          "l3 LAB RIGHT 2026-03-17      | hip/L/2026-03-20 budget=110.08",
          "l4 LAB 2026-03-20            | hip/L/2026-03-20 budget=110.08",
          "c3 credits l3                | hip/L/2026-03-20 budget=110.08",
          "c4 credits l4                | hip/L/2026-03-20 budget=100.01",
          "b1 BAD 2026-03-09            | hip/L/2026-03-20 budget=100.01",
          "b2 BAD 2026-03-10            | hip/L/2026-03-20 budget=105.01",
          "l5 LAB 2026-03-20            | hip/L/2026-03-20 budget=115.08");
}

Test(settlement, a_contract_fits_by_insurer_provider_and_date)
{
    STORY(
        GIVEN_BOOK(
                .contracts =
                    "  - {id: south, version: 2, bundle: hip, insurers: [2, 3], providers: [\"02020202\"],\n"
                    "     from: 2026-03-01, until: 2026-03-31, payment: retrospective, thresholds: [],\n"
                    "     budget: {strata: [{label: all, amount: 1}]}}\n"),
        "d1 OPEN 2026-03-01 1.00 by=02020202           | d1 FEE_FOR_SERVICE",
        "d2 OPEN 2026-03-01 1.00 by=02020202 insurer=3 | 3/hip/-/2026-03-01 contract=south "
        "contract_version=2",
        "d3 OPEN 2026-02-28 1.00 by=02020202 insurer=2 | d3 FEE_FOR_SERVICE",
        "d4 OPEN 2026-03-31 1.00 by=02020202 insurer=2 | 2/hip/-/2026-03-31 contract=south",
        "d5 OPEN 2026-05-01 1.00 by=02020202 insurer=2 | d5 FEE_FOR_SERVICE",
        "d6 OPEN 2026-05-01 1.00 by=01010101 insurer=2 | 2/hip/-/2026-05-01 contract=north; d5 BUNDLED");
}

Test(settlement, the_state_follows_as_of_and_a_late_line_may_reopen_nothing)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 1.00                 | hip/-/2026-03-01 OPEN closes_on=2026-03-31",
          "l1 LAB 2026-03-31                       | hip/-/2026-03-01 OPEN",
          "l2 LAB 2026-04-01                       | hip/-/2026-03-01 RUN_OUT",
          "l3 LAB 2026-04-20                       | hip/-/2026-03-01 RUN_OUT settlement_revision=0",
          "l4 LAB 2026-04-21                       | hip/-/2026-03-01 SETTLED settlement_revision=1",
          "d2 CARE 2026-03-05 5.00 sent=2026-04-22 | hip/-/2026-03-01 SETTLED cost=6.00 "
          "settlement_revision=2 settlement_delta=-5.00",
          "-- until 2026-05-01                     | nothing");
}
