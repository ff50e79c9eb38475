/* Who opens an episode: conditions a to h, sides, keys (§6). */
#include "support/given_story.h"

TestSuite(episode, .timeout = 30);

#define KNEE                                                                                                 \
    "  - {id: knee, name: knee, definitions: [{from: 2020-01-01, until: 2030-12-31, sides: none, opens: "    \
    "{criterion: knee},"                                                                                     \
    " closes: {after_days: 30}, uncontracted: shadow, scope: {include: knee.care}, run_out_days: 20}]}\n"

Test(episode, a_opens_from_the_first_to_the_last_day_of_a_definition)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2019-12-31 1.00 sent=2020-01-01 | d1 FEE_FOR_SERVICE no_episode",
          "d2 OPEN 2020-01-01 1.00                 | d2 BUNDLED; hip/-/2020-01-01 OPEN "
          "opening_declaration=d2 known_on=2020-01-01",
          "d3 OPEN 2030-12-31 1.00                 | hip/-/2030-12-31 OPEN",
          "d4 OPEN 2031-02-01 1.00                 | d4 FEE_FOR_SERVICE");
}

Test(episode, b_asks_for_the_age_in_completed_years_on_the_start)
{
    STORY(GIVEN_BOOK(.definition = ", patient: {min_age: 65, max_age: 70}"),
          "d1 OPEN 2026-03-01 1.00 born=1961-03-02 | no hip/-/2026-03-01; d1 FEE_FOR_SERVICE no_episode",
          "d2 OPEN 2026-03-02 1.00 born=1961-03-02 | hip/-/2026-03-02 OPEN",
          "d3 OPEN 2027-03-01 1.00 born=1956-03-02 | hip/-/2027-03-01 OPEN",
          "d4 OPEN 2028-03-01 1.00 born=1957-03-01 | no hip/-/2028-03-01");
}

Test(episode, c_is_absorbed_up_to_the_last_clean_day)
{
    STORY(GIVEN_BOOK(.definition = ", clean_days: 10"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 OPEN closes_on=2026-03-31",
          "d2 OPEN 2026-04-10 1.00 | d2 FEE_FOR_SERVICE no_episode; no hip/-/2026-04-10",
          "d3 OPEN 2026-04-11 1.00 | d3 BUNDLED; hip/-/2026-04-11 OPEN");
}

Test(episode, d_is_suppressed_while_the_suppressor_covers_its_start)
{
    STORY(GIVEN_BOOK(.bundles = KNEE, .overlaps = "  - {pair: [hip, knee], suppress: knee}\n"),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 OPEN",
          "k1 KNEE 2026-03-31 1.00 | no knee/-/2026-03-31; k1 FEE_FOR_SERVICE out_of_scope",
          "k2 KNEE 2026-04-01 1.00 | knee/-/2026-04-01 OPEN contract=null budget=null",
          "c1 credits d1           | knee/-/2026-03-31 OPEN; knee/-/2026-04-01 VOID; k2 BUNDLED");
}

Test(episode, e_is_confirmed_by_another_line_on_the_first_and_the_last_day)
{
    STORY(GIVEN_BOOK(.opens = ", confirm: {criterion: lab, from_day: -2, to_day: 5}"),
          "d1 OPEN 2026-03-10 1.00 | d1 FEE_FOR_SERVICE; no hip/-/2026-03-10",
          "l1 LAB 2026-03-07       | no hip/-/2026-03-10",
          "l2 LAB 2026-03-16       | no hip/-/2026-03-10",
          "l3 LAB 2026-03-08       | hip/-/2026-03-10 OPEN; d1 BUNDLED",
          "c3 credits l3           | hip/-/2026-03-10 VOID",
          "l4 LAB 2026-03-15       | hip/-/2026-03-10 OPEN");
    STORY(GIVEN_BOOK(.opens = ", confirm: {criterion: open, from_day: 0, to_day: 5}"),
          "d1 OPEN 2026-03-10 1.00 | no hip/-/2026-03-10",
          "d2 OPEN 2026-03-15 1.00 | hip/-/2026-03-10 OPEN; d2 BUNDLED");
}

Test(episode, f_needs_a_contract_unless_the_bundle_is_watched_everywhere)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2026-03-01 1.00 by=02020202 | d1 FEE_FOR_SERVICE; no hip/-/2026-03-01",
          "d2 OPEN 2026-03-02 1.00             | hip/-/2026-03-02 OPEN contract=north contract_version=1 "
          "budget=1000.00; d2 BUNDLED");
    STORY(GIVEN_BOOK(.definition = ", uncontracted: shadow"),
          "d1 OPEN 2026-03-01 1.00 by=02020202 | hip/-/2026-03-01 OPEN contract=null budget=null result=null "
          "cost=1.00",
          "d2 OPEN 2026-03-02 1.00             | no hip/-/2026-03-02; hip/-/2026-03-01 contract=null "
          "cost=2.00");
}

Test(episode, f_asks_the_provider_that_answers_for_the_opening)
{
    STORY(GIVEN_BOOK(.opens = ", attribute: {criterion: lab, from_day: 0, to_day: 5}"),
          "d1 OPEN 2026-03-01 1.00 by=02020202 | no hip/-/2026-03-01",
          "l1 LAB 2026-03-06                   | hip/-/2026-03-01 OPEN provider=01010101 contract=north",
          "l2 LAB 2026-03-05 by=02020202       | hip/-/2026-03-01 VOID");
}

Test(episode, g_is_excluded_by_a_line_near_it_and_its_follow_up_opens_nothing)
{
    STORY(GIVEN_BOOK(.definition = ", clean_days: 5, excludes: [{name: bad, criterion: bad, from_day: -1, "
                                   "to_day: 3, effect: void}]"),
          "d1 OPEN 2026-03-10 1.00 | hip/-/2026-03-10 OPEN",
          "b1 BAD 2026-03-08       | hip/-/2026-03-10 OPEN revision=1",
          "b2 BAD 2026-03-13       | hip/-/2026-03-10 VOID; d1 FEE_FOR_SERVICE",
          "d2 OPEN 2026-04-14 1.00 | no hip/-/2026-04-14", "d3 OPEN 2026-04-15 1.00 | hip/-/2026-04-15 OPEN",
          "c2 credits b2           | hip/-/2026-03-10 RUN_OUT revision=3; hip/-/2026-04-15 OPEN");
}

Test(episode, g_counts_only_day_0_of_an_entry_that_truncates)
{
    STORY(
        GIVEN_BOOK(
                .definition =
                    ", excludes: [{name: bad, criterion: bad, from_day: -5, to_day: 30, effect: truncate}]"),
        "d1 OPEN 2026-03-10 1.00 | hip/-/2026-03-10 OPEN",
        "b1 BAD 2026-03-09       | hip/-/2026-03-10 OPEN ended_by=null",
        "b2 BAD 2026-03-10       | hip/-/2026-03-10 VOID");
    STORY(
        GIVEN_BOOK(
                .definition =
                    ", excludes: [{name: bad, criterion: bad, from_day: -5, to_day: -1, effect: truncate}]"),
        "d1 OPEN 2026-03-10 1.00 | hip/-/2026-03-10 OPEN",
        "b1 BAD 2026-03-10       | hip/-/2026-03-10 OPEN ended_by=null");
    STORY(
        GIVEN_BOOK(.definition =
                       ", excludes: [{name: bad, criterion: bad, from_day: 1, to_day: 5, effect: truncate}]"),
        "d1 OPEN 2026-03-10 1.00 | hip/-/2026-03-10 OPEN",
        "b1 BAD 2026-03-10       | hip/-/2026-03-10 OPEN ended_by=null");
}

Test(episode, h_is_fresh_when_no_earlier_product_ended_within_the_quiet_days)
{
    STORY(GIVEN_BOOK(.opens = ", quiet_days: 60"),
          "d1 OPEN 2026-01-01 2026-01-31 1.00      | hip/-/2026-01-01 OPEN closes_on=2026-01-31",
          "d2 OPEN 2026-04-01 2026-04-02 1.00      | no hip/-/2026-04-01",
          "d3 OPEN 2026-06-02 1.00                 | hip/-/2026-06-02 OPEN",
          "c2 credits d2                           | hip/-/2026-06-02 OPEN");
    /* whatever its insurer; but two trajectories of one provider are two things */
    STORY(GIVEN_BOOK(.opens = ", quiet_days: 60"),
          "d1 OPEN 2026-01-01 1.00 insurer=2 trajectory=t1 | hip/-/2026-01-01 OPEN insurer=2",
          "d2 OPEN 2026-02-05 1.00                         | no hip/-/2026-02-05",
          "d3 OPEN 2026-02-06 1.00 trajectory=t1           | no hip/-/2026-02-06",
          "c2 credits d2                                   | no hip/-/2026-02-06",
          "c3 credits d3                                   | no hip/-/2026-02-06",
          "d4 OPEN 2026-02-07 1.00 trajectory=t2           | hip/-/2026-02-07 OPEN insurer=1");
}

Test(episode, h_does_not_count_an_earlier_product_where_no_contract_fits)
{
    STORY(GIVEN_BOOK(.opens = ", quiet_days: 60"),
          "d1 OPEN 2026-02-01 1.00 by=02020202 | d1 FEE_FOR_SERVICE",
          "d2 OPEN 2026-03-01 1.00             | hip/-/2026-03-01 OPEN");
    STORY(GIVEN_BOOK(.opens = ", quiet_days: 60", .definition = ", uncontracted: shadow"),
          "d1 OPEN 2026-02-01 1.00 by=02020202 | hip/-/2026-02-01 OPEN",
          "d2 OPEN 2026-03-10 1.00             | no hip/-/2026-03-10");
}

Test(episode, sides_are_those_of_the_opening_and_left_does_not_meet_right)
{
    STORY(GIVEN_BOOK(.sides = "separate"),
          "d1 OPEN LEFT 2026-03-01 1.00  | hip/L/2026-03-01 OPEN side=L",
          "d2 OPEN RIGHT 2026-03-02 1.00 | hip/R/2026-03-02 OPEN; d2 hip/R/2026-03-02:1.00",
          "d3 CARE LEFT 2026-03-03 1.00  | d3 BUNDLED hip/L/2026-03-01:1.00",
          "d4 CARE 2026-03-04 1.00       | d4 SPLIT hip/L/2026-03-01:0.50 hip/R/2026-03-02:0.50",
          "d5 OPEN BOTH 2026-03-05 1.00  | no hip/B/2026-03-05",
          "d6 OPEN BOTH 2026-05-05 1.00  | hip/B/2026-05-05 OPEN",
          "d7 OPEN LEFT 2026-05-06 1.00  | no hip/L/2026-05-06; no alert side_unknown/hip/B/2026-05-05/d7");
    STORY(GIVEN_BOOK(.sides = "separate"),
          "d1 OPEN LEFT 2026-03-01 1.00  | hip/L/2026-03-01 OPEN",
          "d2 CARE RIGHT 2026-03-02 1.00 | d2 FEE_FOR_SERVICE other_side");
}

Test(episode, a_line_of_unknown_side_is_absorbed_with_a_question)
{
    STORY(GIVEN_BOOK(.sides = "separate"),
          "d1 HOSPITAL_DBC OPEN LEFT 2026-03-01 1.00 | hip/L/2026-03-01 OPEN",
          "d2 HOSPITAL_DBC OPEN 2026-03-02 1.00      | no hip/U/2026-03-02; alert "
          "side_unknown/hip/L/2026-03-01/d2 INFO");
    STORY(GIVEN_BOOK(.sides = "separate"), /* a notice knows the side that products do not carry */
          "d1 OPEN LEFT 2026-03-01 1.00         | hip/L/2026-03-01 OPEN",
          "d2 HOSPITAL_DBC OPEN 2026-03-02 1.00 | no alert side_unknown/hip/L/2026-03-01/d2");
    STORY(GIVEN_BOOK(.sides = "separate"), /* two hips, perhaps */
          "d1 HOSPITAL_DBC OPEN 2026-03-01 1.00 trajectory=t1 | hip/U/2026-03-01 OPEN",
          "d2 HOSPITAL_DBC OPEN 2026-03-02 1.00 trajectory=t1 | no alert side_unknown/hip/U/2026-03-01/d2",
          "d3 HOSPITAL_DBC OPEN 2026-03-03 1.00 trajectory=t2 | alert side_unknown/hip/U/2026-03-01/d3",
          "d4 HOSPITAL_DBC OPEN 2026-03-03 1.00 trajectory=t2 by=02020202 | no alert "
          "side_unknown/hip/U/2026-03-01/d4");
}

Test(episode, each_insurer_has_its_own_under_the_same_key)
{
    STORY(GIVEN_BOOK(0), "d1 OPEN 2026-03-01 1.00           | 1/hip/-/2026-03-01 cost=1.00",
          "d2 CARE 2026-03-02 9.00 insurer=2 | d2 FEE_FOR_SERVICE no_episode",
          "d3 OPEN 2026-03-01 3.00 insurer=2 | 2/hip/-/2026-03-01 OPEN cost=12.00; 1/hip/-/2026-03-01 "
          "cost=1.00; d2 BUNDLED");
}

Test(episode, an_opening_that_is_credited_and_declared_anew_is_the_same_episode)
{
    STORY(GIVEN_BOOK(0),
          "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 OPEN opening_declaration=d1 revision=1",
          "c1 credits d1           | hip/-/2026-03-01 VOID revision=2",
          "d2 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 OPEN opening_declaration=d2 revision=3");
}
