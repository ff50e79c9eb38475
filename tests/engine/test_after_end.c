/* Ends of care, and what starts after one (§4). */
#include "support/given_story.h"

TestSuite(after_end, .timeout = 30);

#define ENDS(text)                                                                                           \
    .rest = "ends_care:\n" text                                                                              \
            "duplicates: [{name: twice, criterion: visit, within: person, allow: 1, action: hold}]\n"

Test(after_end, holds_what_starts_after_the_day_of_the_fact)
{
    STORY(GIVEN_BOOK(ENDS("  - {name: dead, criterion: died, of: person, action: hold}\n")),
          "d1 OPEN 2026-03-01 10.00              | d1 BUNDLED",
          "d2 CARE 2026-03-06 11.00              | d2 BUNDLED; no alert after_end/d2/dead",
          "t1 DIED 2026-03-05                    | d2 HELD after_end withheld=11.00 evidence=t1; alert "
          "after_end/d2/dead WARNING observed=11.00 evidence=t1 prevented=null; d1 BUNDLED",
          "d3 CARE 2026-03-05 2026-03-30 12.00   | d3 BUNDLED",
          "d4 CARE 2026-03-07 13.00 insurer=2    | d4 HELD after_end evidence=t1",
          "d5 XRAY 2026-03-07 14.00              | d5 FEE_FOR_SERVICE no_rule",
          "t2 DIED 2026-03-09                    | t2 FEE_FOR_SERVICE; no alert after_end/t2/dead",
          "t0 DIED 2026-03-04                    | d2 HELD evidence=t0; d3 HELD after_end evidence=t0",
          "c0 credits t0                         | d2 HELD evidence=t1; d3 BUNDLED",
          "c1 credits t1                         | d2 BUNDLED evidence=null; no alert after_end/d2/dead; d4 "
          "FEE_FOR_SERVICE");
}

Test(after_end, is_over_where_care_resumes_on_the_day_itself)
{
    STORY(GIVEN_BOOK(ENDS("  - {name: left, criterion: moved, of: insurer, resumes: more, action: hold}\n")),
          "t1 MOVED 2026-03-05                   | t1 FEE_FOR_SERVICE",
          "t2 MOVED 2026-03-06                   | t2 FEE_FOR_SERVICE",
          "d1 CARE 2026-03-08 1.00               | d1 HELD after_end evidence=t1",
          "d2 CARE 2026-03-09 1.00               | d2 HELD after_end evidence=t1",
          "d3 CARE 2026-03-09 1.00 insurer=2     | d3 FEE_FOR_SERVICE",
          "r1 MORE 2026-03-09                    | d1 HELD evidence=t1; d2 FEE_FOR_SERVICE no_episode; r1 "
          "FEE_FOR_SERVICE",
          "t3 MOVED 2026-03-09                   | d2 FEE_FOR_SERVICE",
          "d4 CARE 2026-03-10 1.00               | d4 HELD evidence=t3",
          "t4 MOVED 2026-03-10                   | d4 HELD evidence=t3",
          "r2 MORE 2026-03-07 insurer=2          | d1 HELD evidence=t1");
}

/* In care order, and not by the day alone: of one day care types decide before codes. */
Test(after_end, goes_by_the_last_fact_in_care_order)
{
    STORY(GIVEN_BOOK(ENDS("  - {name: left, criterion: moved, of: person, resumes: more, action: flag}\n")),
          "t1 MOVED DENTAL 2026-03-05            | t1 FEE_FOR_SERVICE",
          "d1 CARE 2026-03-08 1.00               | d1 FEE_FOR_SERVICE; alert after_end/d1/left evidence=t1",
          "r1 MORE OTHER 2026-03-05              | no alert after_end/d1/left",
          "t2 MOVED OTHER 2026-03-05             | alert after_end/d1/left evidence=t2");
}

Test(after_end, leaves_same_care_to_the_rest_and_the_first_that_holds_says_why)
{
    STORY(GIVEN_BOOK(ENDS("  - {name: flag, criterion: bad, of: person, action: flag}\n"
                          "  - {name: one, criterion: moved, of: person, action: hold}\n"
                          "  - {name: two, criterion: died, of: person, action: hold}\n")),
          "d1 CAREV 2026-03-03 1.00              | d1 FEE_FOR_SERVICE",
          "d2 CAREV 2026-03-03 2.00              | d2 HELD same_care evidence=d1; alert "
          "double_payment/d2/same_care prevented=2.00",
          "t1 DIED 2026-03-01                    | d1 HELD after_end evidence=t1; d2 HELD after_end "
          "evidence=t1; no alert double_payment/d2/same_care",
          "t2 MOVED 2026-03-02                   | d1 HELD after_end evidence=t2; alert after_end/d1/one; "
          "alert after_end/d1/two",
          "t3 BAD 2026-03-01                     | d1 HELD after_end evidence=t2; alert after_end/d1/flag "
          "evidence=t3",
          "c1 credits t1                         | d1 HELD evidence=t2; no alert after_end/d1/two",
          "c2 credits t2                         | d1 FEE_FOR_SERVICE; d2 HELD same_care evidence=d1; alert "
          "after_end/d2/flag");
}

/* What both accept ends, and resumes nothing. */
Test(after_end, lets_the_criterion_decide_about_what_both_accept)
{
    STORY(GIVEN_BOOK(ENDS("  - {name: both, criterion: moved, of: person, resumes: moved, action: hold}\n")),
          "t1 MOVED 2026-03-05                   | t1 FEE_FOR_SERVICE",
          "d1 CARE 2026-03-05 1.00               | d1 FEE_FOR_SERVICE",
          "d2 CARE 2026-03-06 1.00               | d2 HELD evidence=t1",
          "t2 MOVED 2026-03-06                   | d2 HELD evidence=t1");
}
