/* The same care declared twice (§4). */
#include "support/given_story.h"

TestSuite(duplicate, .timeout = 30);

#define RULE(text) .rest = "duplicates: [{name: twice, criterion: twice, " text "}]\n"

Test(duplicate, holds_what_is_over_the_allowed_number)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 2, action: hold")),
          "d1 CARE 2026-03-01 40.00             | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 41.00             | d2 FEE_FOR_SERVICE; no alert double_payment/d2/same_care",
          "d3 CARE 2026-03-01 42.00 by=02020202 | d3 HELD withheld=42.00 evidence=d1; alert "
          "double_payment/d3/same_care prevented=42.00",
          "d4 CARE 2026-03-02 40.00             | d4 FEE_FOR_SERVICE",
          "d5 CAREX 2026-03-01 40.00            | d5 FEE_FOR_SERVICE",
          "d6 CARE LEFT 2026-03-01 40.00        | d6 FEE_FOR_SERVICE",
          "d7 DENTAL CARE 2026-03-01 40.00      | d7 FEE_FOR_SERVICE",
          "c1 credits d1 sent=2026-03-05        | d3 FEE_FOR_SERVICE; no alert double_payment/d3/same_care");
}

Test(duplicate, orders_a_group_by_submission_then_id)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: hold")),
          "d2 CARE 2026-03-01 40.00 sent=2026-03-05 | d2 FEE_FOR_SERVICE",
          "d1 CARE 2026-03-01 40.00 sent=2026-03-05 | d1 FEE_FOR_SERVICE; d2 HELD evidence=d1",
          "d3 CARE 2026-03-01 40.00 sent=2026-03-04 | d3 FEE_FOR_SERVICE; d1 HELD evidence=d3; d2 HELD "
          "evidence=d3");
}

Test(duplicate, within_a_provider_lets_another_provider_stand)
{
    STORY(GIVEN_BOOK(RULE("within: provider, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 40.00             | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 by=02020202 | d2 FEE_FOR_SERVICE",
          "d3 CARE 2026-03-01 40.00             | d3 HELD evidence=d1");
}

Test(duplicate, looks_across_insurers)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 40.00           | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 insurer=2 | d2 HELD evidence=d1");
}

Test(duplicate, flag_only_raises_the_alert)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: flag")),
          "d1 CARE 2026-03-01 40.00 | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 | d2 FEE_FOR_SERVICE payable=40.00 evidence=null; alert "
          "double_payment/d2/same_care prevented=0 "
          "evidence=d1");
}

Test(duplicate, by_trajectory_asks_neither_code_nor_laterality)
{
    STORY(GIVEN_BOOK(RULE("within: person, same: trajectory, allow: 1, action: hold")),
          "d1 CAREA LEFT 2026-03-01 40.00 trajectory=t1            | d1 FEE_FOR_SERVICE",
          "d2 CAREB RIGHT 2026-03-01 40.00 trajectory=t1           | d2 HELD evidence=d1",
          "d3 CAREB RIGHT 2026-03-01 40.00 trajectory=t2           | d3 FEE_FOR_SERVICE",
          "d4 CAREA 2026-03-01 40.00 trajectory=t1 by=02020202     | d4 FEE_FOR_SERVICE",
          "d5 DENTAL CAREA LEFT 2026-03-01 40.00 trajectory=t1     | d5 FEE_FOR_SERVICE",
          "d6 CAREC 2026-02-25 2026-03-01 40.00 trajectory=t2      | d6 FEE_FOR_SERVICE",
          "d7 CAREC 2026-02-27 40.00 trajectory=t2 sent=2026-03-09 | d7 HELD evidence=d6");
}

Test(duplicate, falls_back_on_overlap_where_a_trajectory_is_missing)
{
    STORY(GIVEN_BOOK(RULE("within: person, same: trajectory, allow: 1, action: hold")),
          "d1 CARE LEFT 2026-03-01 2026-03-09 40.00 trajectory=t1            | d1 FEE_FOR_SERVICE",
          "d2 CARE LEFT 2026-03-09 2026-03-11 40.00 by=02020202              | d2 HELD evidence=d1",
          "d3 CARE RIGHT 2026-03-05 40.00                                    | d3 FEE_FOR_SERVICE",
          "d4 CARE LEFT 2026-03-10 40.00                                     | d4 FEE_FOR_SERVICE",
          "d5 CARE LEFT 2026-03-10 40.00 trajectory=t2 sent=2026-03-12       | d5 HELD evidence=d4",
          "d6 CAREX LEFT 2026-03-05 40.00                                    | d6 FEE_FOR_SERVICE");
}

Test(duplicate, by_overlap_asks_the_days_and_the_sides)
{
    STORY(GIVEN_BOOK(RULE("within: person, same: overlap, allow: 1, action: hold")),
          "d1 CARE LEFT 2026-03-10 2026-03-19 40.00                  | d1 FEE_FOR_SERVICE",
          "d2 CARE LEFT 2026-03-01 2026-03-09 40.00 sent=2026-03-20  | d2 FEE_FOR_SERVICE",
          "d3 CARE LEFT 2026-03-19 2026-03-25 40.00 sent=2026-03-21  | d3 HELD evidence=d1",
          "d4 CARE RIGHT 2026-03-12 40.00 sent=2026-03-22            | d4 FEE_FOR_SERVICE",
          "d5 CARE BOTH 2026-03-12 2026-03-13 40.00 sent=2026-03-23  | d5 HELD evidence=d1",
          "d6 CARE 2026-03-09 2026-03-10 40.00 sent=2026-03-24       | d6 HELD evidence=d1",
          "d7 CARE RIGHT 2026-03-12 40.00 sent=2026-03-25            | d7 HELD evidence=d4",
          "d8 CAREX LEFT 2026-03-12 40.00 sent=2026-03-25            | d8 FEE_FOR_SERVICE",
          "d9 DENTAL CARE LEFT 2026-03-12 40.00 sent=2026-03-25      | d9 FEE_FOR_SERVICE",
          "e1 CARE LEFT 2026-03-01 40.00 sent=2026-03-26 by=02020202 | e1 HELD evidence=d2");
}

Test(duplicate, with_any_codes_only_days_and_sides_count)
{
    STORY(GIVEN_BOOK(RULE("within: provider, same: overlap, codes: any, overlap_days: 2, allow: 1, "
                          "action: hold")),
          "d1 CARE 2026-03-10 2026-03-19 40.00                              | d1 FEE_FOR_SERVICE",
          "d2 DENTAL CAREX 2026-03-18 2026-03-25 40.00 sent=2026-03-26      | d2 HELD evidence=d1",
          "d3 CAREX 2026-03-19 2026-03-25 40.00 sent=2026-03-27             | d3 FEE_FOR_SERVICE",
          "d4 CARE 2026-03-12 40.00 sent=2026-03-28                         | d4 FEE_FOR_SERVICE",
          "d5 CAREX 2026-03-12 40.00 sent=2026-03-29                        | d5 HELD evidence=d4",
          "d6 CAREX 2026-03-10 2026-03-19 40.00 sent=2026-03-29 by=02020202 | d6 FEE_FOR_SERVICE");
}

Test(duplicate, serials_part_lines_of_one_provider)
{
    STORY(GIVEN_BOOK(RULE("within: person, serials: true, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 40.00 serial=1             | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 serial=2             | d2 FEE_FOR_SERVICE",
          "d3 CARE 2026-03-01 40.00 serial=2             | d3 HELD evidence=d2",
          "d4 CARE 2026-03-01 40.00 serial=3 by=02020202 | d4 HELD evidence=d1",
          "d5 CARE 2026-03-01 40.00                      | d5 HELD evidence=d1",
          "d1 CARE 2026-03-01 40.00 serial=9             |");
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 40.00 serial=1 | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 serial=2 | d2 HELD evidence=d1");
}

Test(duplicate, a_chain_flips_when_its_first_is_credited)
{
    STORY(GIVEN_BOOK(RULE("within: person, same: overlap, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 2026-03-10 40.00 sent=2026-04-01 | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-08 2026-03-20 40.00 sent=2026-04-02 | d2 HELD evidence=d1",
          "d3 CARE 2026-03-18 2026-03-30 40.00 sent=2026-04-03 | d3 FEE_FOR_SERVICE",
          "d4 CARE 2026-03-10 2026-03-18 40.00 sent=2026-04-04 | d4 HELD evidence=d1",
          "c1 credits d1 sent=2026-04-05                       | d2 FEE_FOR_SERVICE; d3 HELD evidence=d2; d4 "
          "HELD evidence=d2");
}

Test(duplicate, the_first_of_as_many_as_are_allowed_is_the_evidence)
{
    STORY(GIVEN_BOOK(RULE("within: person, same: overlap, allow: 2, action: hold")),
          "d1 CARE 2026-03-20 2026-03-30 40.00 sent=2026-04-01 | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 2026-03-20 40.00 sent=2026-04-02 | d2 FEE_FOR_SERVICE",
          "d3 CARE 2026-03-29 40.00 sent=2026-04-03            | d3 FEE_FOR_SERVICE",
          "d4 CARE 2026-03-20 40.00 sent=2026-04-04            | d4 HELD evidence=d1",
          "d5 CARE 2026-03-10 2026-03-29 40.00 sent=2026-04-05 | d5 HELD evidence=d1",
          "d6 CARE 2026-03-10 40.00 sent=2026-04-06            | d6 FEE_FOR_SERVICE");
}

Test(duplicate, says_why_a_line_is_held)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: hold")),
          "d1 CARE 2026-03-01 40.00      | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00      | d2 HELD same_care",
          "c1 credits d1 sent=2026-03-05 | d2 FEE_FOR_SERVICE no_episode");
}

Test(duplicate, a_released_line_stands_and_counts)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: hold")),
          "r1 releases d2 CARE 2026-03-01 sent=2026-03-04 | r1 RELEASE_PENDING evidence=null",
          "d1 CARE 2026-03-01 40.00                  | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 sent=2026-03-02  | d2 FEE_FOR_SERVICE; r1 RELEASE_APPLIED evidence=d2; "
          "no alert double_payment/d2/same_care",
          "d3 CARE 2026-03-01 40.00 sent=2026-03-03  | d3 HELD evidence=d1",
          "r2 releases d3 CARE 2026-03-01 insurer=2       | r2 RELEASE_MISMATCH evidence=d3; d3 HELD",
          "r3 releases d2 CARE 2026-03-01 sent=2026-03-05 | r3 RELEASE_EXCESS evidence=d2",
          "r4 releases d3 CARE 2026-03-01 sent=2026-03-05 | r4 RELEASE_APPLIED; d3 FEE_FOR_SERVICE",
          "c1 credits d1 sent=2026-03-06             | d2 FEE_FOR_SERVICE; d3 FEE_FOR_SERVICE",
          "c2 credits r4 sent=2026-03-06             | c2 CREDIT_APPLIED evidence=r4; r4 CREDITED; d3 HELD "
          "evidence=d2",
          "c3 credits d2 sent=2026-03-06             | d2 CREDITED; d3 FEE_FOR_SERVICE; r1 RELEASE_APPLIED",
          "r5 releases c1 CARE 2026-03-01 sent=2026-03-07 | r5 RELEASE_MISMATCH evidence=c1");
}

Test(duplicate, a_released_line_is_not_flagged)
{
    STORY(GIVEN_BOOK(RULE("within: person, allow: 1, action: flag")),
          "d1 CARE 2026-03-01 40.00                  | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-01 40.00 sent=2026-03-02  | alert double_payment/d2/same_care",
          "r1 releases d2 CARE 2026-03-01 sent=2026-03-05 | r1 RELEASE_APPLIED payable=0; no alert "
          "double_payment/d2/same_care");
}
