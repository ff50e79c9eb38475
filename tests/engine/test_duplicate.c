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
          "d5 CAREA LEFT 2026-03-01 40.00                          | d5 FEE_FOR_SERVICE",
          "d6 CAREA LEFT 2026-03-01 40.00                          | d6 HELD evidence=d5");
}
