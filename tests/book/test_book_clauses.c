/* Whether two clauses can accept one line, and whether one accepts all that the other does: searched lists against the definition (§13). */
#include "book/book_parts.h"
#include "support/choice.h"

#include <criterion/criterion.h>

TestSuite(book_clauses, .timeout = 60);

enum { PATTERNS = 6, DIAGNOSES = 4 };

/* Few signs and short codes, so that patterns meet. */
static struct pattern given_pattern(struct choices *choices)
{
    static const char *const codes[] = { "0", "1", "00", "01", "010", "011", "0110", "10", "", "100" };
    bool prefix = choice_chance(choices, 400);
    struct bytes text = bytes_of(codes[choice_below(choices, COUNT(codes))]);
    return (struct pattern){ text, prefix || text.length == 0 }; /* nothing is no code */
}

struct given_lists {
    struct pattern patterns[PATTERNS];
    struct diagnosis_pattern diagnoses[DIAGNOSES];
};

static struct clause given_clause(struct choices *choices, struct given_lists *lists)
{
    size_t patterns = choice_below(choices, PATTERNS + 1), diagnoses = choice_below(choices, DIAGNOSES + 1);
    for (size_t i = 0; i < patterns; i++)
        lists->patterns[i] = given_pattern(choices);
    for (size_t i = 0; i < diagnoses; i++)
        lists->diagnoses[i] = (struct diagnosis_pattern){ (enum diagnosis_system)(1 + choice_below(choices, 2)), given_pattern(choices) };
    patterns_order(lists->patterns, patterns);
    diagnoses_order(lists->diagnoses, diagnoses);
    return (struct clause){ .care_code = { lists->patterns, patterns }, .diagnosis = { lists->diagnoses, diagnoses }, .amount_at_least = ABSENT };
}

/* --- the definitions, as they are written --- */

static bool meets(const struct pattern *a, const struct pattern *b)
{
    return bytes_equal(a->text, b->text) ? true
           : (a->prefix && bytes_begin_with(b->text, a->text)) || (b->prefix && bytes_begin_with(a->text, b->text));
}

static bool covers(const struct pattern *wide, const struct pattern *narrow)
{
    return wide->prefix ? bytes_begin_with(narrow->text, wide->text) : !narrow->prefix && bytes_equal(wide->text, narrow->text);
}

static bool can_meet(const struct clause *a, const struct clause *b)
{
    bool codes = a->care_code.count == 0 || b->care_code.count == 0, diagnoses = a->diagnosis.count == 0 || b->diagnosis.count == 0;
    for (size_t i = 0; i < a->care_code.count; i++)
        for (size_t k = 0; k < b->care_code.count; k++)
            codes = codes || meets(&a->care_code.items[i], &b->care_code.items[k]);
    for (size_t i = 0; i < a->diagnosis.count; i++)
        for (size_t k = 0; k < b->diagnosis.count; k++)
            diagnoses = diagnoses || (a->diagnosis.items[i].system == b->diagnosis.items[k].system &&
                                      meets(&a->diagnosis.items[i].code, &b->diagnosis.items[k].code));
    return codes && diagnoses;
}

static bool all_covered(const struct clause *wide, const struct clause *narrow)
{
    bool all = (wide->care_code.count == 0 || narrow->care_code.count > 0) && (wide->diagnosis.count == 0 || narrow->diagnosis.count > 0);
    for (size_t i = 0; i < narrow->care_code.count && wide->care_code.count > 0; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide->care_code.count; k++)
            covered = covered || covers(&wide->care_code.items[k], &narrow->care_code.items[i]);
        all = all && covered;
    }
    for (size_t i = 0; i < narrow->diagnosis.count && wide->diagnosis.count > 0; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide->diagnosis.count; k++)
            covered = covered || (wide->diagnosis.items[k].system == narrow->diagnosis.items[i].system &&
                                  covers(&wide->diagnosis.items[k].code, &narrow->diagnosis.items[i].code));
        all = all && covered;
    }
    return all;
}

static void tell(struct choices *choices, const struct clause *clause)
{
    for (size_t i = 0; i < clause->care_code.count; i++)
        choice_tell(choices, "care_code %.*s%s", BYTES_ARGS(clause->care_code.items[i].text), clause->care_code.items[i].prefix ? "*" : "");
    for (size_t i = 0; i < clause->diagnosis.count; i++)
        choice_tell(choices, "diagnosis %d:%.*s%s", (int)clause->diagnosis.items[i].system, BYTES_ARGS(clause->diagnosis.items[i].code.text),
                    clause->diagnosis.items[i].code.prefix ? "*" : "");
}

static bool is_as_defined(struct choices *choices, void *context)
{
    (void)context;
    struct given_lists one_lists, other_lists;
    struct clause one = given_clause(choices, &one_lists), other = given_clause(choices, &other_lists);
    tell(choices, &one);
    choice_tell(choices, "and");
    tell(choices, &other);
    return clauses_can_meet(&one, &other) == can_meet(&one, &other) && clause_covers(&one, &other) == all_covered(&one, &other);
}

Test(book_clauses, meet_and_cover_as_the_semantics_say)
{
    cr_assert(property_holds("clauses", is_as_defined, NULL, 200000, 1));
}
