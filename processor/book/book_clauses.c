/* book_clauses.c - what two clauses, criteria or scopes have to do with each other: can some line be accepted by both (§13), and does
 * one accept all that the other does. */
#include "book/book_parts.h"

static bool pattern_meets(const struct pattern *a, const struct pattern *b)
{
    if (!a->prefix && !b->prefix)
        return bytes_equal(a->text, b->text);
    return (a->prefix && bytes_begin_with(b->text, a->text)) || (b->prefix && bytes_begin_with(a->text, b->text));
}

static bool patterns_meet(const struct patterns *a, const struct patterns *b)
{
    if (a->count == 0 || b->count == 0)
        return true;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (pattern_meets(&a->items[i], &b->items[j]))
                return true;
    return false;
}

static bool diagnoses_meet(const struct diagnosis_patterns *a, const struct diagnosis_patterns *b)
{
    if (a->count == 0 || b->count == 0)
        return true;
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++)
            if (a->items[i].system == b->items[j].system && pattern_meets(&a->items[i].code, &b->items[j].code))
                return true;
    return false;
}

static bool bits_meet(uint32_t a, uint32_t b)
{
    return a == 0 || b == 0 || (a & b) != 0;
}

bool clauses_can_meet(const struct clause *a, const struct clause *b)
{
    return bits_meet(a->care_types, b->care_types) && bits_meet(a->lateralities, b->lateralities) &&
           patterns_meet(&a->care_code, &b->care_code) && patterns_meet(&a->subtype, &b->subtype) &&
           patterns_meet(&a->specialism, &b->specialism) && patterns_meet(&a->provider, &b->provider) &&
           patterns_meet(&a->referrer, &b->referrer) && diagnoses_meet(&a->diagnosis, &b->diagnosis);
}

static const struct clause trajectory_clause = {
    .care_types = 1u << CARE_HOSPITAL_DBC | 1u << CARE_HOSPITAL_OTHER | 1u << CARE_ADD_ON | 1u << CARE_ACTIVITY | 1u << CARE_REHABILITATION,
    .amount_at_least = ABSENT,
};

static bool any_meets(const struct clause *a, size_t a_count, const struct clause *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            if (clauses_can_meet(&a[i], &b[j]))
                return true;
    return false;
}

bool scope_can_meet(const struct book *book, const struct definition *definition, const struct clause *clauses, size_t count)
{
    const struct criterion *include = &book->criteria[definition->scope_include];
    return any_meets(include->clauses, include->clauses_count, clauses, count) ||
           (definition->scope_trajectory && any_meets(&trajectory_clause, 1, clauses, count));
}

bool scopes_meet(const struct book *book, const struct definition *a, const struct definition *b)
{
    const struct criterion *include = &book->criteria[b->scope_include];
    return scope_can_meet(book, a, include->clauses, include->clauses_count) ||
           (b->scope_trajectory && scope_can_meet(book, a, &trajectory_clause, 1));
}

/* --- does one accept all that the other does --- */

static bool pattern_covers(const struct pattern *wide, const struct pattern *narrow)
{
    return wide->prefix ? bytes_begin_with(narrow->text, wide->text) : !narrow->prefix && bytes_equal(wide->text, narrow->text);
}

static bool patterns_cover(const struct patterns *wide, const struct patterns *narrow)
{
    bool all = wide->count == 0 || narrow->count > 0;
    for (size_t i = 0; wide->count > 0 && i < narrow->count && all; i++) {
        all = false;
        for (size_t j = 0; j < wide->count && !all; j++)
            all = pattern_covers(&wide->items[j], &narrow->items[i]);
    }
    return all;
}

static bool diagnoses_cover(const struct diagnosis_patterns *wide, const struct diagnosis_patterns *narrow)
{
    bool all = wide->count == 0 || narrow->count > 0;
    for (size_t i = 0; wide->count > 0 && i < narrow->count && all; i++) {
        all = false;
        for (size_t j = 0; j < wide->count && !all; j++)
            all = wide->items[j].system == narrow->items[i].system && pattern_covers(&wide->items[j].code, &narrow->items[i].code);
    }
    return all;
}

static bool bits_cover(uint32_t wide, uint32_t narrow)
{
    return wide == 0 || (narrow != 0 && (narrow & ~wide) == 0);
}

bool clause_covers(const struct clause *wide, const struct clause *narrow)
{
    return bits_cover(wide->care_types, narrow->care_types) && bits_cover(wide->lateralities, narrow->lateralities) &&
           patterns_cover(&wide->care_code, &narrow->care_code) && patterns_cover(&wide->subtype, &narrow->subtype) &&
           patterns_cover(&wide->specialism, &narrow->specialism) && patterns_cover(&wide->provider, &narrow->provider) &&
           patterns_cover(&wide->referrer, &narrow->referrer) && diagnoses_cover(&wide->diagnosis, &narrow->diagnosis) &&
           (wide->amount_at_least <= 0 || narrow->amount_at_least >= wide->amount_at_least);
}

bool criterion_covers(const struct criterion *wide, const struct clause *narrow, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool covered = false;
        for (size_t j = 0; j < wide->clauses_count && !covered; j++)
            covered = clause_covers(&wide->clauses[j], &narrow[i]);
        if (!covered)
            return false;
    }
    return true;
}
