#include "engine/criterion.h"

enum { ANY_CARE_TYPE = CARE_TYPE_COUNT };

static bool clause_is_of(const struct clause *clause, unsigned care_type)
{
    return care_type == ANY_CARE_TYPE ? clause->care_types == 0 : (clause->care_types >> care_type & 1) != 0;
}

/* With `into` NULL it only counts. */
static size_t index_care_type(const struct book *book, unsigned care_type, struct indexed_clause *into)
{
    size_t count = 0;
    for (size_t c = 0; c < book->criteria_count; c++) {
        for (size_t k = 0; k < book->criteria[c].clauses_count; k++) {
            const struct clause *clause = &book->criteria[c].clauses[k];
            if (!clause_is_of(clause, care_type))
                continue;
            if (into)
                into[count] = (struct indexed_clause){ (uint32_t)c, clause };
            count++;
        }
    }
    return count;
}

bool book_says_trajectory(const struct book *book)
{
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++)
            if (book->bundles[b].definitions[d].scope_trajectory)
                return true;
    return false;
}

void criteria_index_init(struct criteria_index *index, const struct book *book, struct arena *arena)
{
    *index = (struct criteria_index){ .book = book, .words = (book->criteria_count + 63) / 64 };
    for (unsigned t = 0; t <= ANY_CARE_TYPE; t++) {
        size_t count = index_care_type(book, t, NULL);
        index->by_care_type[t] = ARENA_ARRAY(arena, struct indexed_clause, count);
        index->by_care_type_count[t] = index_care_type(book, t, index->by_care_type[t]);
    }
    index->any_trajectory = book_says_trajectory(book);
}

static bool pattern_accepts(const struct pattern *pattern, struct bytes value)
{
    return pattern->prefix ? bytes_begin_with(value, pattern->text) : bytes_equal(value, pattern->text);
}

/* Null never accepts. */
static bool patterns_accept(const struct patterns *patterns, struct bytes value)
{
    if (patterns->count == 0)
        return true;
    if (bytes_is_null(value))
        return false;
    for (size_t i = 0; i < patterns->count; i++)
        if (pattern_accepts(&patterns->items[i], value))
            return true;
    return false;
}

static bool diagnosis_accepts(const struct diagnosis_patterns *patterns, const struct declaration *declaration)
{
    if (patterns->count == 0)
        return true;
    if (bytes_is_null(declaration->diagnosis))
        return false;
    for (size_t i = 0; i < patterns->count; i++)
        if (patterns->items[i].system == declaration->diagnosis_system && pattern_accepts(&patterns->items[i].code, declaration->diagnosis))
            return true;
    return false;
}

/* The care type has been looked at by the index. */
static bool clause_accepts(const struct clause *clause, const struct declaration *declaration)
{
    return diagnosis_accepts(&clause->diagnosis, declaration) && patterns_accept(&clause->specialism, declaration->specialism) &&
           patterns_accept(&clause->care_code, declaration->care_code) &&
           (clause->lateralities == 0 || (clause->lateralities >> declaration->laterality & 1)) &&
           patterns_accept(&clause->subtype, declaration->subtype) && patterns_accept(&clause->provider, declaration->provider) &&
           patterns_accept(&clause->referrer, declaration->referrer) &&
           (clause->amount_at_least == ABSENT || declaration->amount >= clause->amount_at_least);
}

static bool accept_of(const struct criteria_index *index, unsigned care_type, const struct declaration *declaration, uint64_t set[])
{
    bool any = false;
    const struct indexed_clause *clauses = index->by_care_type[care_type];
    size_t count = index->by_care_type_count[care_type];
    for (size_t i = 0; i < count; i++) {
        if (criteria_has(set, (int32_t)clauses[i].criterion) || !clause_accepts(clauses[i].clause, declaration))
            continue;
        set[clauses[i].criterion >> 6] |= 1ull << (clauses[i].criterion & 63);
        any = true;
    }
    return any;
}

bool criteria_accept(const struct criteria_index *index, const struct declaration *declaration, uint64_t set[])
{
    memset(set, 0, index->words * sizeof(*set));
    bool any = accept_of(index, declaration->care_type, declaration, set);
    return accept_of(index, ANY_CARE_TYPE, declaration, set) || any;
}

bool care_type_has_trajectory(uint8_t care_type)
{
    return care_type <= CARE_REHABILITATION;
}
_Static_assert(CARE_HOSPITAL_DBC == 0 && CARE_REHABILITATION == 4, "the five care types of scope.trajectory come first");

bool meets_no_rule(const struct criteria_index *index, const struct declaration *declaration, bool any_accepts)
{
    bool by_trajectory = index->any_trajectory && !bytes_is_null(declaration->trajectory) && care_type_has_trajectory(declaration->care_type);
    return !any_accepts && !by_trajectory;
}
