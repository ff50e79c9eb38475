/* Which criteria accept a line (§5), and the care order of lines (§4). */
#include "engine/criterion.h"

#include "engine/line.h"

#include <criterion/criterion.h>

TestSuite(criterion, .timeout = 30);

static const struct declaration line = {
    .care_type = CARE_HOSPITAL_DBC, .care_code = { "199299", 6 }, .specialism = { "0303", 4 }, .provider = { "06010101", 8 },
    .diagnosis_system = SYSTEM_DBC, .diagnosis = { "218", 3 }, .laterality = LATERALITY_LEFT, .amount = 5000,
    .trajectory = { "t", 1 },
};

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

#define ONE(...) (const struct patterns){ (const struct pattern[]){ __VA_ARGS__ }, COUNT(((const struct pattern[]){ __VA_ARGS__ })) }
#define EXACT(text) { { text, sizeof(text) - 1 }, false }
#define PREFIX(text) { { text, sizeof(text) - 1 }, true }
#define EXPECT(expected, ...)                                                                                       \
    cr_expect_eq(accepts(&(const struct clause){ .amount_at_least = ABSENT, __VA_ARGS__ }, 1, &line), expected, #__VA_ARGS__)

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
    EXPECT(true, .care_code = ONE(EXACT("x"), PREFIX("1")));
    EXPECT(true, .provider = ONE(PREFIX("06")));
    EXPECT(false, .referrer = ONE(PREFIX("")));
    EXPECT(false, .subtype = ONE(PREFIX("")));
    cr_expect(accepts(&(const struct clause){ .amount_at_least = 5000 }, 1, &line));
    cr_expect_not(accepts(&(const struct clause){ .amount_at_least = 5001 }, 1, &line));
    EXPECT(true, .diagnosis = { (const struct diagnosis_pattern[]){ { SYSTEM_DBC, PREFIX("21") } }, 1 });
    EXPECT(false, .diagnosis = { (const struct diagnosis_pattern[]){ { SYSTEM_ICD10, PREFIX("21") } }, 1 });
    EXPECT(false, .diagnosis = { (const struct diagnosis_pattern[]){ { SYSTEM_DBC, EXACT("21") } }, 1 });
}

Test(criterion, all_fields_of_a_clause_must_accept_and_any_clause_may)
{
    const struct clause clauses[] = {
        { .amount_at_least = ABSENT, .care_types = 1u << CARE_HOSPITAL_DBC, .specialism = ONE(EXACT("0305")) },
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
        { "then end", { .start_date = 1, .end_date = 1, .care_type = 5 }, { .start_date = 1, .end_date = 2 } },
        { "then care type", { .care_type = 1, .care_code = { "z", 1 } }, { .care_type = 2, .care_code = { "a", 1 } } },
        { "then care code", { .care_code = { "a", 1 }, .provider = { "2", 1 } }, { .care_code = { "ab", 2 }, .provider = { "1", 1 } } },
        { "bytes unsigned", { .care_code = { "z", 1 } }, { .care_code = { "\xc3\xa9", 2 } } },
        { "then provider", { .provider = { "1", 1 }, .declaration_id = { "z", 1 } },
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
