/* Why: the notes that the rules leave, and the sentences made of them (explain/sentences.h). Each sentence
 * once: tests/end_to_end/explain.py. */
#include "engine/allocation.h"
#include "engine/calendar.h"
#include "engine/engine.h"
#include "explain/sentences.h"
#include "engine/person.h"
#include "engine/recompute.h"

#include <criterion/criterion.h>

enum { OPENS, CARE };

static const struct clause opens_clause = { .care_types = 1 << CARE_HOSPITAL_DBC, .amount_at_least = ABSENT };
static const struct clause care_clause = { .care_types = 1 << CARE_HOSPITAL_DBC | 1 << CARE_PARAMEDICAL,
                                           .amount_at_least = ABSENT };
static const struct criterion criteria[] = {
    [OPENS] = { { "opens", 5 }, &opens_clause, 1 },
    [CARE] = { { "care", 4 }, &care_clause, 1 },
};
static const struct definition definitions[] = { { .from = 20000,
                                                   .until = 21000,
                                                   .min_age = 65,
                                                   .max_age = AGE_UNBOUNDED,
                                                   .opens_criterion = OPENS,
                                                   .look_back_days = 3,
                                                   .quiet_days = ABSENT,
                                                   .confirm = { .criterion = ABSENT },
                                                   .attribute = { .criterion = ABSENT },
                                                   .after_days = 90,
                                                   .extend_criterion = ABSENT,
                                                   .clean_days = 10,
                                                   .shadow = true,
                                                   .scope_include = CARE,
                                                   .scope_exclude = ABSENT,
                                                   .weight = 1,
                                                   .run_out_days = 30,
                                                   .max_specialisms = ABSENT,
                                                   .max_hospitals = ABSENT,
                                                   .stepped_invasive = ABSENT } };
static const struct bundle bundles[] = { { { "hip", 3 }, { "Hip", 3 }, definitions, 1 } };
static const uint8_t overlaps[] = { OVERLAP_SPLIT }, suppresses[] = { 0 };
static const uint32_t order[] = { 0 };
static const struct book book = { .book = { "b", 1 },
                                  .horizon_days = 1826,
                                  .waiting_days = ABSENT,
                                  .criteria = criteria,
                                  .criteria_count = COUNT(criteria),
                                  .bundles = bundles,
                                  .bundles_count = 1,
                                  .overlaps = overlaps,
                                  .suppresses = suppresses,
                                  .order = order };

struct given {
    struct engine *engine;
    struct outputs outputs;
    struct arena arena;
    struct history history;
    struct explanation explanation;
};

static void given_line(struct given *given, const char *id, uint8_t care_type, int32_t start, int32_t birth)
{
    struct declaration line = { .declaration_id = bytes_of(id),
                                .insured = BYTES("p"),
                                .provider = BYTES("01010101"),
                                .care_code = BYTES("x"),
                                .care_type = care_type,
                                .start_date = start,
                                .end_date = start,
                                .birth_date = birth,
                                .insurer = 1,
                                .quantity = 1,
                                .amount = 100,
                                .submitted_at = 20600 * DAY_MILLISECONDS };
    outputs_clear(&given->outputs);
    engine_accept(given->engine, &line, &given->outputs);
}

static void given_begin(struct given *given)
{
    *given = (struct given){ .engine = engine_new(&(struct engine_options){ .book = &book }) };
    outputs_init(&given->outputs);
    arena_init(&given->arena, 0);
    given->explanation.arena = &given->arena;
}

static void given_explained(struct given *given)
{
    const struct person *person = engine_person(given->engine, BYTES("p"));
    cr_assert_not_null(person);
    history_explain(&given->history, engine_rules(given->engine), &given->arena, person->insured,
                    engine_as_of(given->engine), person->lines, person->lines_count, &given->explanation);
}

static void given_end(struct given *given)
{
    arena_release(&given->arena);
    outputs_release(&given->outputs);
    engine_free(given->engine);
}

static void expect_text(const char *label, struct bytes said, const char *wanted)
{
    cr_expect(bytes_equal(said, bytes_of(wanted)), "%s: \"%.*s\", not \"%s\"", label, BYTES_ARGS(said),
              wanted);
}

Test(sentences, says_which_condition_of_an_opening_failed_first)
{
    static const struct {
        const char *label;
        int32_t start, birth;
        enum opening_condition condition;
        const char *sentence;
    } rows[] = {
        { "the first opens", 20500, -10000, OPENING_OPENS, "opens hip/-/2026-02-16" },
        { "too young, though it would be absorbed too", 20510, 10000, OPENING_AGE,
          "b: the person is 28 years old on 2026-02-26, the bundle is for 65 and older" },
        { "in the window", 20590, -10000, OPENING_ABSORBED,
          "c: absorbed by hip/-/2026-02-16, which lasts from 2026-02-16 to 2026-05-17" },
        { "the last of the clean days", 20600, -10000, OPENING_ABSORBED,
          "c: absorbed by hip/-/2026-02-16, which lasts from 2026-02-16 to 2026-05-17; 2026-05-27 is 10 days "
          "later, within clean_days,"
          " which are 10" },
        { "the day after", 20601, -10000, OPENING_OPENS, "opens hip/-/2026-05-28" },
    };
    struct given given;
    given_begin(&given);
    for (size_t row = 0; row < COUNT(rows); row++)
        given_line(&given, (char[]){ 'd', (char)('0' + row), 0 }, CARE_HOSPITAL_DBC, rows[row].start,
                   rows[row].birth);
    given_explained(&given);
    cr_assert_eq(given.explanation.openers_count, COUNT(rows)); /* in care order */
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct text text = text_begin(&given.arena);
        text_add_opener(&text, &book, &given.explanation.openers[row]);
        cr_expect_eq(given.explanation.openers[row].condition, rows[row].condition, "%s", rows[row].label);
        expect_text(rows[row].label, text_end(&text), rows[row].sentence);
    }
    given_end(&given);
}

Test(sentences, says_how_far_a_line_is_from_a_window)
{
    static const struct {
        const char *label;
        int32_t start;
        enum candidate_condition condition;
        const char *sentence;
    } rows[] = {
        { "before", 20496, CANDIDATE_TOO_EARLY, "start 2026-02-12 is 1 day before opens_window 2026-02-13" },
        { "first", 20497, CANDIDATE_IS,
          "a candidate: in its window, 2026-02-13 to 2026-05-17, and in scope" },
        { "last", 20590, CANDIDATE_IS, "a candidate: in its window, 2026-02-13 to 2026-05-17, and in scope" },
        { "after", 20592, CANDIDATE_TOO_LATE, "start 2026-05-19 is 2 days after closes_on 2026-05-17" },
    };
    struct given given;
    given_begin(&given);
    given_line(&given, "d", CARE_HOSPITAL_DBC, 20500, -10000);
    for (size_t row = 0; row < COUNT(rows); row++)
        given_line(&given, (char[]){ 's', (char)('0' + row), 0 }, CARE_PARAMEDICAL, rows[row].start, -10000);
    given_explained(&given);
    const struct episode *episode = given.history.lanes[0].episodes[0];
    for (size_t row = 0; row < COUNT(rows); row++) {
        const struct placed *placed = &given.history.lines[row + 1];
        struct text text = text_begin(&given.arena);
        text_add_candidate(&text, &book, episode, placed);
        cr_expect_eq(candidate_condition(&book, episode, placed), rows[row].condition, "%s", rows[row].label);
        cr_expect_eq(placed->shares_count, rows[row].condition == CANDIDATE_IS ? 1u : 0u, "%s",
                     rows[row].label);
        expect_text(rows[row].label, text_end(&text), rows[row].sentence);
    }
    given_end(&given);
}

Test(sentences, notes_the_steps_of_a_window_and_changes_nothing)
{
    struct given given;
    struct history unasked;
    given_begin(&given);
    given_line(&given, "a", CARE_HOSPITAL_DBC, 20500, -10000);
    given_line(&given, "b", CARE_HOSPITAL_DBC, 20601, -10000);
    given_explained(&given);
    const struct person *person = engine_person(given.engine, BYTES("p"));
    history_compute(&unasked, engine_rules(given.engine), &given.arena, person->insured,
                    engine_as_of(given.engine), person->lines, person->lines_count);
    cr_assert_null(unasked.explanation);
    cr_assert_eq(unasked.lanes[0].episodes_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct episode *asked = given.history.lanes[0].episodes[i],
                             *other = unasked.lanes[0].episodes[i];
        cr_expect(bytes_equal(asked->key, other->key));
        cr_expect(asked->opens_window == other->opens_window && asked->closes_on == other->closes_on &&
                  asked->cost == other->cost);
    }
    static const char *const steps[] = {
        "opens_window 2026-02-13: opened_on less look_back_days, which are 3",
        "closes_on 2026-05-17: 90 days after opened_on",
        "opens_window 2026-05-25: opened_on less look_back_days, which are 3",
        "closes_on 2026-08-26: 90 days after opened_on",
    };
    cr_assert_eq(given.explanation.steps_count, COUNT(steps));
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct text text = text_begin(&given.arena);
        text_add_step(&text, &given.explanation.steps[i]);
        expect_text("step", text_end(&text), steps[i]);
    }
    given_end(&given);
}
