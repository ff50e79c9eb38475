/* Which debit a credit takes back (§3). */
#include "support/given_story.h"

TestSuite(credit, .timeout = 30);

Test(credit, takes_its_debit_back_whole)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 120.00     | d1 BUNDLED hip/-/2026-03-01:120.00; hip/-/2026-03-01 OPEN "
          "cost=120.00",
          "d2 CARE 2026-03-05 40.00      | d2 BUNDLED payable=40.00; hip/-/2026-03-01 cost=160.00",
          "c1 credits d1 sent=2026-03-06 | c1 CREDIT_APPLIED reversed=120.00 evidence=d1; d1 CREDITED "
          "reversed=120.00 evidence=c1; "
          "hip/-/2026-03-01 VOID cost=0; d2 FEE_FOR_SERVICE no_episode");
}

Test(credit, before_its_debit_waits_for_it)
{
    STORY(GIVEN_BOOK(0),
          "c1 credits d1 OPEN 2026-03-01 120.00          | c1 CREDIT_PENDING withheld=120.00 evidence=null",
          "d1 OPEN 2026-03-01 120.00 sent=2026-03-09     | c1 CREDIT_APPLIED; d1 CREDITED; no "
          "hip/-/2026-03-01");
}

Test(credit, of_another_amount_provider_or_insurer_does_not_match)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 120.00      | d1 BUNDLED",
          "c1 credits d1 120.01           | c1 CREDIT_MISMATCH withheld=120.01 evidence=d1; d1 BUNDLED",
          "c2 credits d1 by=02020202      | c2 CREDIT_MISMATCH; d1 BUNDLED",
          "c3 credits d1 insurer=2        | c3 CREDIT_MISMATCH; d1 BUNDLED",
          "c4 credits d1 CARE 2026-04-01  | c4 CREDIT_APPLIED; d1 CREDITED evidence=c4");
}

Test(credit, of_a_credit_does_not_match)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 120.00 | d1 BUNDLED",
          "c1 credits d1             | c1 CREDIT_APPLIED",
          "c2 credits c1             | c2 CREDIT_MISMATCH evidence=c1; c1 CREDIT_APPLIED; d1 CREDITED");
}

Test(credit, the_first_by_submission_applies_and_every_later_one_is_excess)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2026-03-01 120.00       | d1 BUNDLED",
          "c2 credits d1 sent=2026-03-10   | c2 CREDIT_APPLIED",
          "c3 credits d1 sent=2026-03-11   | c3 CREDIT_EXCESS refused=120.00; alert "
          "double_payment/c3/credit_excess WARNING prevented=0",
          "c1 credits d1 sent=2026-03-09   | c1 CREDIT_APPLIED; c2 CREDIT_EXCESS; c3 CREDIT_EXCESS; d1 "
          "evidence=c1",
          "c0 credits d1 sent=2026-03-09   | c0 CREDIT_APPLIED; c1 CREDIT_EXCESS");
}

Test(credit, of_a_line_that_no_rule_sees_brings_it_back)
{
    STORY(GIVEN_BOOK(0), "d1 XRAY 2026-03-01 35.00   | d1 FEE_FOR_SERVICE no_rule payable=35.00 revision=1",
          "c1 credits d1              | c1 CREDIT_APPLIED reversed=35.00; d1 CREDITED reversed=35.00 "
          "payable=0 revision=2");
}

Test(credit, of_what_is_out_of_horizon_does_not_match)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2023-01-01 9.00 sent=2026-03-01                  | d1 OUT_OF_HORIZON withheld=9.00",
          "c1 credits d1 CARE 2026-03-01                            | c1 CREDIT_MISMATCH; d1 OUT_OF_HORIZON");
}
