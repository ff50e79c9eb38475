#include "engine/clause.h"

/* --- a pattern --- */

static int compare_to_text(const struct pattern *pattern, enum diagnosis_system system, struct bytes text)
{
    return pattern->system != system ? (pattern->system > system) - (pattern->system < system)
                                     : bytes_compare(pattern->text, text);
}

int pattern_compare(const struct pattern *a, const struct pattern *b)
{
    int order = compare_to_text(a, b->system, b->text);
    return order != 0 ? order : (int)b->prefix - (int)a->prefix;
}

static bool pattern_accepts(const struct pattern *pattern, enum diagnosis_system system, struct bytes text)
{
    return pattern->system == system &&
           (pattern->prefix ? bytes_begin_with(text, pattern->text) : bytes_equal(text, pattern->text));
}

/* Of a prefix some code is longer, and no other code accepts that. */
bool pattern_covers(const struct pattern *wide, const struct pattern *narrow)
{
    return (wide->prefix || !narrow->prefix) && pattern_accepts(wide, narrow->system, narrow->text);
}

/* --- a list, in which the only pattern that may accept a text is the last that does not come after it --- */

uint64_t pattern_head(enum diagnosis_system system, struct bytes text)
{
    uint64_t head = (uint64_t)system;
    for (size_t i = 0; i < sizeof(head) - 1; i++)
        head = head << 8 | (i < text.length ? (unsigned char)text.data[i] : 0);
    return head;
}

/* How many heads are less, or, with `or_equal`, not greater. */
static size_t heads_before(const struct patterns *list, uint64_t head, bool or_equal)
{
    const uint64_t *at = list->heads;
    for (size_t left = list->count; left > 0;) {
        size_t half = (left + 1) / 2;
        at = at[half - 1] < head + or_equal ? at + half : at;
        left -= half;
    }
    return (size_t)(at - list->heads);
}
_Static_assert(SYSTEM_COUNT < 255, "no head is the greatest number, so that one more is greater");

/* The patterns that begin alike, and the one before them, where the searched one may be. */
static struct patterns begins_alike(const struct patterns *list, enum diagnosis_system system,
                                    struct bytes text)
{
    uint64_t head = pattern_head(system, text);
    size_t from = heads_before(list, head, false), until = heads_before(list, head, true);
    from -= from > 0;
    return (struct patterns){ .items = list->items + from, .count = until - from };
}

/* That one; the first when all come after. Of a list that has any. */
static const struct pattern *last_not_after(const struct patterns *list, enum diagnosis_system system,
                                            struct bytes text)
{
    struct patterns part = list->heads ? begins_alike(list, system, text) : *list;
    const struct pattern *at = part.items;
    for (size_t left = part.count; left > 1;) {
        size_t half = left / 2;
        at = compare_to_text(at + half, system, text) <= 0 ? at + half : at;
        left -= half;
    }
    return at;
}

/* No condition accepts everything, also null; a list never accepts null (§5). */
static bool list_accepts(const struct patterns *list, enum diagnosis_system system, struct bytes text)
{
    return list->count == 0 ||
           (!bytes_is_null(text) && pattern_accepts(last_not_after(list, system, text), system, text));
}

/* The pattern and one of the list accept one code: that of the one begins with that of the other. */
static bool list_meets(const struct patterns *list, const struct pattern *pattern)
{
    const struct pattern *at = last_not_after(list, pattern->system, pattern->text);
    if (pattern_accepts(at, pattern->system, pattern->text))
        return true;
    at += compare_to_text(at, pattern->system, pattern->text) < 0;
    return pattern->prefix && at < list->items + list->count &&
           pattern_accepts(pattern, at->system, at->text);
}

static bool lists_meet(const struct patterns *a, const struct patterns *b)
{
    if (a->count == 0 || b->count == 0)
        return true;
    const struct patterns *few = a->count < b->count ? a : b, *many = few == a ? b : a;
    for (size_t i = 0; i < few->count; i++)
        if (list_meets(many, &few->items[i]))
            return true;
    return false;
}

static bool list_covers(const struct patterns *wide, const struct patterns *narrow)
{
    if (wide->count == 0)
        return true;
    for (size_t i = 0; i < narrow->count; i++) {
        const struct pattern *pattern = &narrow->items[i];
        if (!pattern_covers(last_not_after(wide, pattern->system, pattern->text), pattern))
            return false;
    }
    return narrow->count > 0;
}

/* Of a field that every line has, `*` says as much as no condition. */
static bool list_covers_never_null(const struct patterns *wide, const struct patterns *narrow)
{
    bool all = wide->count > 0 && wide->items[0].prefix && wide->items[0].text.length == 0;
    return all || list_covers(wide, narrow);
}

/* --- a set of words as bits, none of which is no condition --- */

static bool bits_accept(uint32_t bits, unsigned word)
{
    return bits == 0 || (bits >> word & 1) != 0;
}

static bool bits_meet(uint32_t a, uint32_t b)
{
    return a == 0 || b == 0 || (a & b) != 0;
}

static bool bits_cover(uint32_t wide, uint32_t narrow, unsigned words)
{
    uint32_t all = (1u << words) - 1;
    return wide == 0 || ((narrow ? narrow : all) & ~wide) == 0;
}

/* --- a clause --- */

bool clause_accepts(const struct clause *clause, const struct declaration *line)
{
    return bits_accept(clause->care_types, line->care_type) &&
           list_accepts(&clause->diagnosis, line->diagnosis_system, line->diagnosis) &&
           list_accepts(&clause->specialism, SYSTEM_NONE, line->specialism) &&
           list_accepts(&clause->care_code, SYSTEM_NONE, line->care_code) &&
           bits_accept(clause->lateralities, line->laterality) &&
           list_accepts(&clause->subtype, SYSTEM_NONE, line->subtype) &&
           list_accepts(&clause->provider, SYSTEM_NONE, line->provider) &&
           list_accepts(&clause->referrer, SYSTEM_NONE, line->referrer) &&
           line->amount >= clause->amount_at_least;
}
_Static_assert(ABSENT < 0, "an amount is never below no condition (§1)");

/* Any two bounds of the amount have the highest amount in common. */
bool clauses_meet(const struct clause *a, const struct clause *b)
{
    return bits_meet(a->care_types, b->care_types) && bits_meet(a->lateralities, b->lateralities) &&
           lists_meet(&a->care_code, &b->care_code) && lists_meet(&a->subtype, &b->subtype) &&
           lists_meet(&a->specialism, &b->specialism) && lists_meet(&a->provider, &b->provider) &&
           lists_meet(&a->referrer, &b->referrer) && lists_meet(&a->diagnosis, &b->diagnosis);
}

/* At least 0 is no condition: no amount is negative, `kind` carries the sign (§1). */
static bool amount_covers(int64_t wide, int64_t narrow)
{
    return wide <= 0 || wide <= narrow;
}

bool clause_covers(const struct clause *wide, const struct clause *narrow)
{
    return bits_cover(wide->care_types, narrow->care_types, CARE_TYPE_COUNT) &&
           bits_cover(wide->lateralities, narrow->lateralities, LATERALITY_COUNT) &&
           amount_covers(wide->amount_at_least, narrow->amount_at_least) &&
           list_covers_never_null(&wide->care_code, &narrow->care_code) &&
           list_covers_never_null(&wide->provider, &narrow->provider) &&
           list_covers(&wide->subtype, &narrow->subtype) &&
           list_covers(&wide->specialism, &narrow->specialism) &&
           list_covers(&wide->referrer, &narrow->referrer) &&
           list_covers(&wide->diagnosis, &narrow->diagnosis);
}

bool criterion_covers(const struct criterion *wide, const struct clause *narrow, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool covered = false;
        for (size_t k = 0; k < wide->clauses_count && !covered; k++)
            covered = clause_covers(&wide->clauses[k], &narrow[i]);
        if (!covered)
            return false;
    }
    return true;
}

const struct clause trajectory_clause = {
    .care_types = 1u << CARE_HOSPITAL_DBC | 1u << CARE_HOSPITAL_OTHER | 1u << CARE_ADD_ON |
                  1u << CARE_ACTIVITY | 1u << CARE_REHABILITATION,
    .amount_at_least = ABSENT,
};
