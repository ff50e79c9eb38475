/* Whether a book could see a line that another remembers by its identity alone (design §4). */
#include "engine/criterion.h"

#include <criterion/criterion.h>

TestSuite(sees_more, .timeout = 30);

#define ONE(...) { (const struct pattern[]){ __VA_ARGS__ }, COUNT(((const struct pattern[]){ __VA_ARGS__ })) }
#define EXACT(text) { { text, sizeof(text) - 1 }, false }
#define PREFIX(text) { { text, sizeof(text) - 1 }, true }
#define CLAUSE(...) (struct clause){ .amount_at_least = ABSENT, __VA_ARGS__ }
#define DIAGNOSES(...) { (const struct diagnosis_pattern[]){ __VA_ARGS__ }, COUNT(((const struct diagnosis_pattern[]){ __VA_ARGS__ })) }

static bool sees_more(struct clause clause, const struct clause than[], size_t count)
{
    const struct criterion one = { .clauses = &clause, .clauses_count = 1 }, other = { .clauses = than, .clauses_count = count };
    const struct book book = { .criteria = &one, .criteria_count = 1 }, than_book = { .criteria = &other, .criteria_count = 1 };
    return criteria_see_more(&book, &than_book);
}
#define EXPECT(expected, clause, than) cr_expect_eq(sees_more(clause, &than, 1), expected, #clause " against " #than)

Test(sees_more, what_a_clause_covers)
{
    EXPECT(false, CLAUSE(.care_types = 3), CLAUSE(.care_types = 7));
    EXPECT(true, CLAUSE(.care_types = 7), CLAUSE(.care_types = 3));
    EXPECT(true, CLAUSE(.care_code = ONE(EXACT("x"))), CLAUSE(.care_types = 3)); /* of any care type */
    EXPECT(false, CLAUSE(.care_types = 3), CLAUSE(.lateralities = 0));          /* no condition covers all */
    EXPECT(true, CLAUSE(.lateralities = 1), CLAUSE(.lateralities = 2));
    EXPECT(false, CLAUSE(.care_code = ONE(EXACT("1992"))), CLAUSE(.care_code = ONE(PREFIX("19"))));
    EXPECT(false, CLAUSE(.care_code = ONE(PREFIX("199"))), CLAUSE(.care_code = ONE(PREFIX("19"))));
    EXPECT(true, CLAUSE(.care_code = ONE(PREFIX("19"))), CLAUSE(.care_code = ONE(PREFIX("199"))));
    EXPECT(true, CLAUSE(.care_code = ONE(PREFIX("19"))), CLAUSE(.care_code = ONE(EXACT("19"))));
    EXPECT(false, CLAUSE(.subtype = ONE(EXACT("a"), EXACT("b"))), CLAUSE(.subtype = ONE(EXACT("b"), EXACT("a"), EXACT("c"))));
    EXPECT(true, CLAUSE(.specialism = ONE(EXACT("a"), EXACT("d"))), CLAUSE(.specialism = ONE(EXACT("a"))));
    EXPECT(true, CLAUSE(.care_types = 1), CLAUSE(.provider = ONE(PREFIX(""))));  /* null has no provider that begins with nothing */
    EXPECT(true, CLAUSE(.care_types = 1), CLAUSE(.referrer = ONE(PREFIX("06"))));
    EXPECT(false, CLAUSE(.diagnosis = DIAGNOSES({ SYSTEM_DBC, EXACT("218") })), CLAUSE(.diagnosis = DIAGNOSES({ SYSTEM_DBC, PREFIX("21") })));
    EXPECT(true, CLAUSE(.diagnosis = DIAGNOSES({ SYSTEM_ICD10, EXACT("218") })), CLAUSE(.diagnosis = DIAGNOSES({ SYSTEM_DBC, PREFIX("21") })));
    cr_expect_not(sees_more((struct clause){ .amount_at_least = 600 }, &(struct clause){ .amount_at_least = 500 }, 1));
    cr_expect(sees_more((struct clause){ .amount_at_least = 400 }, &(struct clause){ .amount_at_least = 500 }, 1));
    cr_expect(sees_more(CLAUSE(.care_types = 1), &(struct clause){ .amount_at_least = 0 }, 1));
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
