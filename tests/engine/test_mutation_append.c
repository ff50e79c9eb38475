/* Which lines are appended and which take a recompute (append.h). That both send the same bytes is a property
 * in tests/pipeline, so a change that sends everything to the recompute is slower and nothing else: changes
 * made by tests/mutation showed it to be free. */
#include "engine/duplicate.h"
#include "engine/engine_internal.h"
#include "support/given_story.h"

TestSuite(append, .timeout = 30);

/* What accept_kept of engine.c does up to the append. The engine is of no use afterwards. */
static bool is_appended(struct story *story, const struct declaration *declaration)
{
    struct engine *engine = story->engine;
    struct person *person = persons_find(&engine->persons, declaration->insured);
    bool any = criteria_accept(&engine->rules.criteria, declaration, engine->criteria);
    struct line *line = line_new(&engine->pool, declaration, engine->criteria, engine->rules.criteria.words);
    line->no_rule = meets_no_rule(&engine->rules.criteria, declaration, any);
    line->out_of_horizon =
        declaration->start_date < moment_to_day(declaration->submitted_at) - engine->rules.book->horizon_days;
    person_add_line(person, &engine->pool, line);
    outputs_clear(&story->outputs);
    struct change change = { .rules = &engine->rules,
                             .pool = &engine->pool,
                             .scratch = &engine->scratch,
                             .outputs = &story->outputs,
                             .as_of = engine->as_of };
    return person_append(person, &engine->append_rules, &change);
}

/* The last row is the line that is asked about: after its `|` stands `append` or `recompute`. */
static void story_appends(const struct book *book, const char *const rows[])
{
    static struct story story;
    const char *before[16] = { 0 };
    size_t count = 0;
    for (; rows[count + 1]; count++)
        before[count] = rows[count];
    story_run(&story, book, NULL, before, false);
    story.row = rows[count];
    struct bytes right = bytes_of(rows[count]), left = part_next(&right, '|'), id = word_next(&left);
    struct declaration line = line_read(&story, id, left);
    struct bytes expected = word_next(&right);
    cr_assert(bytes_equal(expected, BYTES("append")) || bytes_equal(expected, BYTES("recompute")), "%s",
              story.row);
    cr_expect_eq(is_appended(&story, &line), bytes_equal(expected, BYTES("append")), "%s", story.row);
    story_end(&story);
    book_free(book);
}
#define APPENDS(book, ...) story_appends((book), (const char *const[]){ __VA_ARGS__, NULL })
#define OPENED "d1 OPEN 2026-03-01 1.00 | hip/-/2026-03-01 OPEN"

Test(append, takes_care_within_and_outside_an_episode)
{
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE 2026-03-01 1.00 | append");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE 2026-06-05 1.00 | append");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE 2026-03-05 1.00 insurer=2 | append");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 LAB 2026-03-05 1.00 | append");
}

Test(append, takes_nothing_that_opens_or_is_no_debit_of_the_horizon_or_no_rule_sees)
{
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 OPEN 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(0), OPENED, "c2 credits d1 CARE | recompute");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 XRAY 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE 2020-03-05 1.00 sent=2026-03-05 | recompute");
}

Test(append, takes_nothing_before_the_person_has_a_line_with_a_rule)
{
    APPENDS(GIVEN_BOOK(0), "c1 credits x XRAY 2026-03-01 1.00 | c1 CREDIT_PENDING",
            "d2 CARE 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(0), "c1 credits x CARE 2026-03-01 1.00 | c1 CREDIT_PENDING",
            "d2 CARE 2026-03-05 1.00 | append");
}

Test(append, takes_what_moves_an_episode_only_where_its_insurer_has_none)
{
#define MOVES .closes = ", extend: {criterion: more, after_days: 25, max_days: 60}"
    APPENDS(GIVEN_BOOK(MOVES), OPENED, "d2 MORE 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(MOVES), OPENED, "d2 CARE 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(MOVES), OPENED, "d2 MORE 2026-03-05 1.00 insurer=2 | append");
    APPENDS(GIVEN_BOOK(MOVES), OPENED, "c1 credits d1 | hip/-/2026-03-01 VOID",
            "d2 MORE 2026-03-05 1.00 | append");
}

Test(append, takes_a_factor_only_after_the_day_of_the_opening)
{
#define FACTOR                                                                                               \
    .contract = ", payment: retrospective, thresholds: [], budget: {strata: [{label: all, amount: 10000}], " \
                "factors: ["                                                                                 \
                "{label: lab, criterion: lab, add: 100, look_back_days: 5}]}"
    APPENDS(GIVEN_BOOK(FACTOR), OPENED, "d2 LAB 2026-02-28 1.00 | recompute");
    APPENDS(GIVEN_BOOK(FACTOR), OPENED, "d2 LAB 2026-03-01 1.00 | recompute");
    APPENDS(GIVEN_BOOK(FACTOR), OPENED, "d2 LAB 2026-03-02 1.00 | append");
    APPENDS(GIVEN_BOOK(FACTOR), OPENED, "d2 CARE 2026-02-28 1.00 | append");
    APPENDS(GIVEN_BOOK(FACTOR, .definition = ", uncontracted: shadow"),
            "d1 OPEN 2026-03-01 1.00 by=02020202 | hip/-/2026-03-01 contract=null",
            "d2 LAB 2026-02-28 1.00 | append");
}

Test(append, takes_hospital_products_only_without_signals)
{
    APPENDS(GIVEN_BOOK(0), OPENED, "d2 CARE HOSPITAL_DBC 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(.definition = ", signals: {max_specialisms: 1}"), OPENED,
            "d2 CARE HOSPITAL_DBC 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(.definition = ", signals: {max_hospitals: 1}"), OPENED,
            "d2 CARE HOSPITAL_DBC 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(.definition = ", signals: {max_hospitals: 1}"), OPENED,
            "d2 CARE HOSPITAL_OTHER 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(.definition = ", signals: {max_hospitals: 1}"), OPENED,
            "d2 CARE HOSPITAL_DBC 2026-03-05 1.00 insurer=2 | append");
}

Test(append, takes_nothing_that_may_be_a_double)
{
#define TWICE                                                                                                \
    .rest = "duplicates: [{name: twice, criterion: twice, within: person, allow: 1, action: hold}]\n"
#define FIRST OPENED, "d2 CARE1 2026-03-05 1.00 | d2 BUNDLED"
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 CARE1 2026-03-05 1.00 | recompute");
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 CARE1 2026-03-05 2.00 by=02020202 | recompute");
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 CARE2 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 CARE1 2026-03-06 1.00 | append");
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 CARE1 LEFT 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(TWICE), FIRST, "d3 WALK 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(TWICE), OPENED, "c2 credits x CARE1 2026-03-05 1.00 | c2 CREDIT_PENDING",
            "d3 CARE1 2026-03-05 1.00 | append");
    APPENDS(GIVEN_BOOK(TWICE), OPENED, "d2 WALK 2026-03-05 1.00 | d2 BUNDLED",
            "d3 CARE1 2026-03-05 1.00 | append");
}
