/* The six steps from opens_window to closes_on (§6). */
#include "support/given_story.h"

TestSuite(window, .timeout = 30);

Test(window, looks_back_but_not_into_an_earlier_episode)
{
    STORY(GIVEN_BOOK(.opens = ", look_back_days: 10"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 opens_window=2026-02-19 closes_on=2026-03-31",
          "d2 CARE 2026-02-19 1.00 | d2 BUNDLED",
          "d3 CARE 2026-02-18 1.00 | d3 FEE_FOR_SERVICE no_episode",
          "d4 OPEN 2026-04-03 1.00 | hip/-/2026-04-03 opens_window=2026-04-01");
}

Test(window, an_earlier_episode_of_the_other_side_does_not_shorten_the_look_back)
{
    STORY(GIVEN_BOOK(.sides = "separate", .opens = ", look_back_days: 10"),
          "d1 OPEN LEFT 2026-03-01 1.00  | hip/L/2026-03-01 opens_window=2026-02-19",
          "d2 OPEN RIGHT 2026-03-05 1.00 | hip/R/2026-03-05 opens_window=2026-02-23");
}

Test(window, closes_on_the_last_day_inclusive)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 closes_on=2026-03-31 ended_by=null",
          "d2 CARE 2026-03-31 1.00 | d2 BUNDLED",
          "d3 CARE 2026-04-01 1.00 | d3 FEE_FOR_SERVICE no_episode");
}

Test(window, is_extended_by_care_within_it_up_to_its_most)
{
    STORY(GIVEN_BOOK(.closes = ", extend: {criterion: more, after_days: 25, max_days: 60}"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 closes_on=2026-03-31",
          "m1 MORE 2026-03-03      | hip/-/2026-03-01 closes_on=2026-03-31",
          "m2 MORE 2026-03-31      | hip/-/2026-03-01 closes_on=2026-04-25",
          "m3 MORE 2026-04-26      | hip/-/2026-03-01 closes_on=2026-04-25",
          "m4 MORE 2026-04-25      | hip/-/2026-03-01 closes_on=2026-04-30",
          "c2 credits m2           | hip/-/2026-03-01 closes_on=2026-03-31");
}

Test(window, ends_at_the_earliest_of_its_ends)
{
    STORY(GIVEN_BOOK(.closes = ", end: [{name: moved, criterion: moved, after_days: 4}, {name: died, "
                               "criterion: died, after_days: 0}]"),
          "d1 OPEN 2026-03-01 1.00  | hip/-/2026-03-01 closes_on=2026-03-31 ended_by=null",
          "e1 DIED 2026-03-20       | hip/-/2026-03-01 closes_on=2026-03-20 ended_by=died",
          "e2 MOVED 2026-03-17      | hip/-/2026-03-01 closes_on=2026-03-20 ended_by=died",
          "e3 MOVED 2026-03-16      | hip/-/2026-03-01 closes_on=2026-03-20 ended_by=moved",
          "e4 MOVED 2026-02-28      | hip/-/2026-03-01 closes_on=2026-03-20",
          "e5 DIED 2026-03-01       | hip/-/2026-03-01 closes_on=2026-03-01 ended_by=died");
}

Test(window, an_end_on_the_last_day_ends_nothing)
{
    STORY(GIVEN_BOOK(.closes = ", end: [{name: died, criterion: died, after_days: 0}]"),
          "d1 OPEN 2026-03-01 1.00  | hip/-/2026-03-01 closes_on=2026-03-31",
          "e1 DIED 2026-03-31       | hip/-/2026-03-01 closes_on=2026-03-31 ended_by=null",
          "e2 DIED 2026-03-30       | hip/-/2026-03-01 closes_on=2026-03-30 ended_by=died");
}

Test(window, is_cut_the_day_before_what_truncates_it)
{
    STORY(GIVEN_BOOK(
                  .definition =
                      ", excludes: [{name: bad, criterion: bad, from_day: 2, to_day: 20, effect: truncate}]"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 closes_on=2026-03-31",
          "b1 BAD 2026-03-22       | hip/-/2026-03-01 closes_on=2026-03-31",
          "b2 BAD 2026-03-21       | hip/-/2026-03-01 closes_on=2026-03-20 ended_by=bad",
          "b3 BAD 2026-03-02       | hip/-/2026-03-01 closes_on=2026-03-20",
          "b4 BAD 2026-03-03       | hip/-/2026-03-01 closes_on=2026-03-02");
}

Test(window, ends_the_day_before_a_suppressing_episode_opens)
{
    STORY(GIVEN_BOOK(.bundles = "  - {id: knee, name: knee, definitions: [{from: 2020-01-01, until: "
                                "2030-12-31, sides: none,\n"
                                "     opens: {criterion: knee}, closes: {after_days: 30}, uncontracted: "
                                "shadow, scope: {include: "
                                "knee.care},\n"
                                "     run_out_days: 20}]}\n",
                     .overlaps = "  - {pair: [hip, knee], suppress: hip}\n"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 closes_on=2026-03-31",
          "d2 CARE 2026-03-15 1.00 | d2 BUNDLED",
          "k1 KNEE 2026-03-15 1.00 | hip/-/2026-03-01 closes_on=2026-03-14 ended_by=knee; d2 FEE_FOR_SERVICE "
          "out_of_scope",
          "k2 KNEE 2026-03-01 1.00 | no hip/-/2026-03-01; knee/-/2026-03-01 OPEN");
}

Test(window, of_one_side_is_not_moved_by_care_of_the_other)
{
    STORY(GIVEN_BOOK(.sides = "separate",
                     .closes = ", extend: {criterion: more, after_days: 30, max_days: 60}"),
          "d1 OPEN LEFT 2026-03-01 1.00 | hip/L/2026-03-01 closes_on=2026-03-31",
          "m1 MORE RIGHT 2026-03-20     | hip/L/2026-03-01 closes_on=2026-03-31",
          "m2 MORE BOTH 2026-03-10      | hip/L/2026-03-01 closes_on=2026-04-09");
}
