/* criterion_more.c - whether a book could see a line that another cannot: such a line is remembered by its identity alone (design §4). */
#include "engine/criterion.h"

static bool pattern_covers(const struct pattern *wide, const struct pattern *narrow)
{
    return wide->prefix ? bytes_begin_with(narrow->text, wide->text) : !narrow->prefix && bytes_equal(wide->text, narrow->text);
}

/* Every value that `narrow` accepts, `wide` accepts. */
static bool patterns_cover(const struct patterns *wide, const struct patterns *narrow)
{
    if (wide->count == 0)
        return true;
    for (size_t i = 0; i < narrow->count; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide->count && !covered; k++)
            covered = pattern_covers(&wide->items[k], &narrow->items[i]);
        if (!covered)
            return false;
    }
    return narrow->count > 0;
}

static bool diagnoses_cover(const struct diagnosis_patterns *wide, const struct diagnosis_patterns *narrow)
{
    if (wide->count == 0)
        return true;
    for (size_t i = 0; i < narrow->count; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide->count && !covered; k++)
            covered = wide->items[k].system == narrow->items[i].system && pattern_covers(&wide->items[k].code, &narrow->items[i].code);
        if (!covered)
            return false;
    }
    return narrow->count > 0;
}

static bool bits_cover(uint32_t wide, uint32_t narrow)
{
    return wide == 0 || (narrow != 0 && (narrow & ~wide) == 0);
}

static bool clause_covers(const struct clause *wide, const struct clause *narrow)
{
    return bits_cover(wide->care_types, narrow->care_types) && bits_cover(wide->lateralities, narrow->lateralities) &&
           patterns_cover(&wide->care_code, &narrow->care_code) && patterns_cover(&wide->subtype, &narrow->subtype) &&
           patterns_cover(&wide->specialism, &narrow->specialism) && patterns_cover(&wide->provider, &narrow->provider) &&
           patterns_cover(&wide->referrer, &narrow->referrer) && diagnoses_cover(&wide->diagnosis, &narrow->diagnosis) &&
           (wide->amount_at_least == ABSENT || narrow->amount_at_least >= wide->amount_at_least);
}

static bool is_covered(const struct book *book, const struct clause *clause)
{
    for (size_t c = 0; c < book->criteria_count; c++)
        for (size_t k = 0; k < book->criteria[c].clauses_count; k++)
            if (clause_covers(&book->criteria[c].clauses[k], clause))
                return true;
    return false;
}

bool criteria_see_more(const struct book *book, const struct book *than)
{
    if (book_says_trajectory(book) && !book_says_trajectory(than))
        return true;
    for (size_t c = 0; c < book->criteria_count; c++)
        for (size_t k = 0; k < book->criteria[c].clauses_count; k++)
            if (!is_covered(than, &book->criteria[c].clauses[k]))
                return true;
    return false;
}
