/* Which criteria accept a line (§5), the care order of lines (§4), and what another book could see. */
#include "engine/criterion.h"

#include "engine/line.h"

#include <criterion/criterion.h>

TestSuite(criterion, .timeout = 30);

static const struct declaration line = { .care_type = CARE_HOSPITAL_DBC,
                                         .care_code = { "199299", 6 },
                                         .specialism = { "0303", 4 },
                                         .provider = { "06010101", 8 },
                                         .diagnosis_system = SYSTEM_DBC,
                                         .diagnosis = { "218", 3 },
                                         .laterality = LATERALITY_LEFT,
                                         .amount = 5000,
                                         .trajectory = { "t", 1 } };

static bool accepts(const struct clause clauses[], size_t count, const struct declaration *declaration)
{
    const struct criterion criterion = { .clauses = clauses, .clauses_count = count };
    const struct book book = { .criteria = &criterion, .criteria_count = 1 };
    struct criteria_index index;
    struct arena arena;
    uint64_t set[1];
    arena_init(&arena, 0);
    criteria_index_init(&index, &book, &arena);
    bool any = criteria_accept(&index, declaration, set);
    cr_expect_eq(any, criteria_has(set, 0));
    arena_release(&arena);
    return any;
}

#define ONE(...)                                                        \
    (const struct patterns){ .items = (const struct pattern[]){ __VA_ARGS__ }, \
                             .count = COUNT(((const struct pattern[]){ __VA_ARGS__ })) }
#define EXACT(code) { .text = { code, sizeof(code) - 1 } }
#define PREFIX(code) { .text = { code, sizeof(code) - 1 }, .prefix = true }
#define OF(of_system, ...)                                                                                   \
    (const struct patterns)                                                                                  \
    {                                                                                                        \
        .items = &(const struct pattern){ .system = of_system, __VA_ARGS__ }, .count = 1                     \
    }
#define EXPECT(expected, ...)                                                                                \
    cr_expect_eq(accepts(&(const struct clause){ .amount_at_least = ABSENT, __VA_ARGS__ }, 1, &line),        \
                 expected, #__VA_ARGS__)

Test(criterion, each_key_of_a_clause_accepts_as_it_says)
{
    EXPECT(true, .care_types = 1u << CARE_HOSPITAL_DBC | 1u << CARE_OTHER);
    EXPECT(false, .care_types = 1u << CARE_OTHER);
    EXPECT(true, .lateralities = 1u << LATERALITY_LEFT);
    EXPECT(false, .lateralities = 1u << LATERALITY_BOTH);
    EXPECT(true, .care_code = ONE(EXACT("199299")));
    EXPECT(false, .care_code = ONE(EXACT("19929")));
    EXPECT(true, .care_code = ONE(PREFIX("19929")));
    EXPECT(true, .care_code = ONE(PREFIX("199299")));
    EXPECT(false, .care_code = ONE(PREFIX("1992990")));
    EXPECT(true, .care_code = ONE(PREFIX("1"), EXACT("x")));
    EXPECT(true, .provider = ONE(PREFIX("06")));
    EXPECT(false, .referrer = ONE(PREFIX("")));
    EXPECT(false, .subtype = ONE(PREFIX("")));
    cr_expect(accepts(&(const struct clause){ .amount_at_least = 5000 }, 1, &line));
    cr_expect_not(accepts(&(const struct clause){ .amount_at_least = 5001 }, 1, &line));
    EXPECT(true, .diagnosis = OF(SYSTEM_DBC, .text = { "21", 2 }, .prefix = true));
    EXPECT(false, .diagnosis = OF(SYSTEM_ICD10, .text = { "21", 2 }, .prefix = true));
    EXPECT(false, .diagnosis = OF(SYSTEM_DBC, .text = { "21", 2 }));
}

Test(criterion, all_fields_of_a_clause_must_accept_and_any_clause_may)
{
    const struct clause clauses[] = {
        { .amount_at_least = ABSENT,
          .care_types = 1u << CARE_HOSPITAL_DBC,
          .specialism = ONE(EXACT("0305")) },
        { .amount_at_least = ABSENT, .specialism = ONE(EXACT("0303")), .care_code = ONE(PREFIX("1")) },
    };
    cr_expect_not(accepts(clauses, 1, &line));
    cr_expect(accepts(clauses, 2, &line));
}

Test(criterion, no_rule_sees_a_line_that_nothing_accepts_and_no_trajectory_could_take_in)
{
    struct declaration other = line;
    cr_expect(meets_no_rule(&(struct criteria_index){ .any_trajectory = false }, &line, false));
    cr_expect_not(meets_no_rule(&(struct criteria_index){ .any_trajectory = false }, &line, true));
    cr_expect_not(meets_no_rule(&(struct criteria_index){ .any_trajectory = true }, &line, false));
    other.trajectory = BYTES_NULL;
    cr_expect(meets_no_rule(&(struct criteria_index){ .any_trajectory = true }, &other, false));
    other = line;
    other.care_type = CARE_SHORT_STAY;
    cr_expect(meets_no_rule(&(struct criteria_index){ .any_trajectory = true }, &other, false));
}

Test(criterion, lines_have_a_care_order_and_an_order_of_submission)
{
    static struct line a, b;
    static const struct {
        const char *label;
        struct declaration first, second;
    } rows[] = {
        { "start", { .start_date = 1, .end_date = 9 }, { .start_date = 2, .end_date = 2 } },
        { "then end",
          { .start_date = 1, .end_date = 1, .care_type = 5 },
          { .start_date = 1, .end_date = 2 } },
        { "then care type",
          { .care_type = 1, .care_code = { "z", 1 } },
          { .care_type = 2, .care_code = { "a", 1 } } },
        { "then care code",
          { .care_code = { "a", 1 }, .provider = { "2", 1 } },
          { .care_code = { "ab", 2 }, .provider = { "1", 1 } } },
        { "bytes unsigned", { .care_code = { "z", 1 } }, { .care_code = { "\xc3\xa9", 2 } } },
        { "then provider",
          { .provider = { "1", 1 }, .declaration_id = { "z", 1 } },
          { .provider = { "2", 1 }, .declaration_id = { "a", 1 } } },
        { "then id", { .declaration_id = { "a", 1 } }, { .declaration_id = { "b", 1 } } },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        a.declaration = rows[i].first;
        b.declaration = rows[i].second;
        cr_expect(line_care_compare(&a, &b) < 0 && line_care_compare(&b, &a) > 0, "%s", rows[i].label);
    }
    a.declaration = (struct declaration){ .submitted_at = 1, .declaration_id = BYTES("b") };
    b.declaration = (struct declaration){ .submitted_at = 2, .declaration_id = BYTES("a") };
    cr_expect(line_submitted_compare(&a, &b) < 0);
    b.declaration.submitted_at = 1;
    cr_expect(line_submitted_compare(&a, &b) > 0);
}

Test(criterion, the_content_of_a_declaration_is_every_field_but_its_submission)
{
    struct declaration d = line;
    uint64_t content = declaration_content(&line);
    d.submitted_at = 4711;
    cr_expect_eq(declaration_content(&d), content);
#define DIFFERS(...)                                                        \
    do {                                                                    \
        d = line;                                                           \
        __VA_ARGS__;                                                        \
        cr_expect_neq(declaration_content(&d), content, "%s", #__VA_ARGS__); \
    } while (0)
    DIFFERS(d.kind = KIND_CREDIT);
    DIFFERS(d.credits_id = BYTES("x"));
    DIFFERS(d.insurer = 2);
    DIFFERS(d.birth_date = 1);
    DIFFERS(d.provider = BYTES("06010102"));
    DIFFERS(d.referrer = BYTES("06010102"));
    DIFFERS(d.referrer = BYTES(""));
    DIFFERS(d.specialism = BYTES("0305"));
    DIFFERS(d.diagnosis_system = SYSTEM_ICD9);
    DIFFERS(d.diagnosis = BYTES("219"));
    DIFFERS(d.care_type = CARE_OTHER);
    DIFFERS(d.care_code = BYTES("1992990"));
    DIFFERS(d.subtype = BYTES("11"));
    DIFFERS(d.trajectory = BYTES_NULL);
    DIFFERS(d.laterality = LATERALITY_NONE);
    DIFFERS(d.start_date = 1);
    DIFFERS(d.end_date = 1);
    DIFFERS(d.quantity = 2);
    DIFFERS(d.amount = 5001);
}

/* --- whether a book could see a line that another remembers by its identity alone (design §4) --- */

TestSuite(sees_more, .timeout = 30);

#define CLAUSE(...) (struct clause){ .amount_at_least = ABSENT, __VA_ARGS__ }

static bool sees_more(struct clause clause, const struct clause than[], size_t count)
{
    const struct criterion one = { .clauses = &clause, .clauses_count = 1 },
                           other = { .clauses = than, .clauses_count = count };
    const struct book book = { .criteria = &one, .criteria_count = 1 },
                      than_book = { .criteria = &other, .criteria_count = 1 };
    return criteria_see_more(&book, &than_book);
}
#define EXPECT_MORE(expected, clause, than)                                                                  \
    cr_expect_eq(sees_more(clause, &than, 1), expected, #clause " against " #than)

Test(sees_more, what_a_clause_covers)
{
    EXPECT_MORE(false, CLAUSE(.care_types = 3), CLAUSE(.care_types = 7));
    EXPECT_MORE(true, CLAUSE(.care_types = 7), CLAUSE(.care_types = 3));
    EXPECT_MORE(true, CLAUSE(.care_code = ONE(EXACT("x"))), CLAUSE(.care_types = 3)); /* of any care type */
    /* no condition covers all */
    EXPECT_MORE(false, CLAUSE(.care_types = 3), CLAUSE(.lateralities = 0));
    EXPECT_MORE(true, CLAUSE(.lateralities = 1), CLAUSE(.lateralities = 2));
    EXPECT_MORE(false, CLAUSE(.care_code = ONE(EXACT("1992"))), CLAUSE(.care_code = ONE(PREFIX("19"))));
    EXPECT_MORE(false, CLAUSE(.care_code = ONE(PREFIX("199"))), CLAUSE(.care_code = ONE(PREFIX("19"))));
    EXPECT_MORE(true, CLAUSE(.care_code = ONE(PREFIX("19"))), CLAUSE(.care_code = ONE(PREFIX("199"))));
    EXPECT_MORE(true, CLAUSE(.care_code = ONE(PREFIX("19"))), CLAUSE(.care_code = ONE(EXACT("19"))));
    EXPECT_MORE(false, CLAUSE(.subtype = ONE(EXACT("a"), EXACT("b"))),
                CLAUSE(.subtype = ONE(EXACT("a"), EXACT("b"), EXACT("c"))));
    EXPECT_MORE(true, CLAUSE(.specialism = ONE(EXACT("a"), EXACT("d"))),
                CLAUSE(.specialism = ONE(EXACT("a"))));
    /* every line has one (§1) */
    EXPECT_MORE(false, CLAUSE(.care_types = 1), CLAUSE(.provider = ONE(PREFIX(""))));
    /* null does not begin with nothing */
    EXPECT_MORE(true, CLAUSE(.care_types = 1), CLAUSE(.referrer = ONE(PREFIX(""))));
    EXPECT_MORE(true, CLAUSE(.care_types = 1), CLAUSE(.referrer = ONE(PREFIX("06"))));
    EXPECT_MORE(false, CLAUSE(.diagnosis = OF(SYSTEM_DBC, .text = { "218", 3 })),
                CLAUSE(.diagnosis = OF(SYSTEM_DBC, .text = { "21", 2 }, .prefix = true)));
    EXPECT_MORE(true, CLAUSE(.diagnosis = OF(SYSTEM_ICD10, .text = { "218", 3 })),
                CLAUSE(.diagnosis = OF(SYSTEM_DBC, .text = { "21", 2 }, .prefix = true)));
    cr_expect_not(
        sees_more((struct clause){ .amount_at_least = 600 }, &(struct clause){ .amount_at_least = 500 }, 1));
    cr_expect(
        sees_more((struct clause){ .amount_at_least = 400 }, &(struct clause){ .amount_at_least = 500 }, 1));
    /* no amount is less (§1) */
    cr_expect_not(sees_more(CLAUSE(.care_types = 1), &(struct clause){ .amount_at_least = 0 }, 1));
    cr_expect(sees_more(CLAUSE(.care_types = 1), &(struct clause){ .amount_at_least = 1 }, 1));
}

Test(sees_more, another_clause_may_cover_and_none_covers_nothing)
{
    const struct clause than[] = { CLAUSE(.care_types = 1), CLAUSE(.care_types = 2) };
    cr_expect_not(sees_more(CLAUSE(.care_types = 2), than, COUNT(than)));
    cr_expect(sees_more(CLAUSE(.care_types = 3), than, COUNT(than))); /* clause by clause: safe, not sharp */
    cr_expect(sees_more(CLAUSE(.care_types = 1), than, 0));
    cr_expect_not(criteria_see_more(&(struct book){ 0 }, &(struct book){ 0 }));
}

Test(sees_more, a_scope_with_trajectories_does)
{
    struct definition definition = { .scope_trajectory = true };
    const struct bundle bundle = { .definitions = &definition, .definitions_count = 1 };
    const struct book with = { .bundles = &bundle, .bundles_count = 1 }, without = { 0 };
    cr_expect(criteria_see_more(&with, &without));
    cr_expect_not(criteria_see_more(&without, &with));
    cr_expect_not(criteria_see_more(&with, &with));
}

/* Whatever comes after the clause that covered the one before is asked first: all are, whatever the order. */
Test(sees_more, clauses_in_another_order_do_not)
{
    const struct clause clauses[] = { CLAUSE(.care_types = 1), CLAUSE(.care_types = 2),
                                      CLAUSE(.care_types = 4) };
    const struct criterion forth[] = { { .clauses = &clauses[0], .clauses_count = 1 }, { .clauses_count = 0 },
                                       { .clauses = &clauses[1], .clauses_count = 2 } };
    const struct criterion back[] = { { .clauses = &clauses[2], .clauses_count = 1 },
                                      { .clauses = &clauses[1], .clauses_count = 1 },
                                      { .clauses = &clauses[0], .clauses_count = 1 },
                                      { .clauses_count = 0 } };
    const struct book one = { .criteria = forth, .criteria_count = COUNT(forth) },
                      other = { .criteria = back, .criteria_count = COUNT(back) };
    cr_expect_not(criteria_see_more(&one, &other));
    cr_expect_not(criteria_see_more(&other, &one));
    const struct book fewer = { .criteria = back, .criteria_count = 2 };
    cr_expect(criteria_see_more(&one, &fewer));
    cr_expect_not(criteria_see_more(&fewer, &one));
}
