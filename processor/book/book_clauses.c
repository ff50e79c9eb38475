/* book_clauses.c - what two clauses, criteria or scopes have to do with each other: can some line be accepted by both (§13), and does
 * one accept all that the other does. */
#include "book/book_parts.h"

#include <stdlib.h>

/* --- lists of patterns, in order, so that a long one is searched and not walked --- */

int patterns_compare(const struct pattern *a, const struct pattern *b)
{
    int order = bytes_compare(a->text, b->text);
    return order != 0 ? order : (int)b->prefix - (int)a->prefix; /* a prefix stands before all that begins with it */
}

static int compare_two_patterns(const void *a, const void *b)
{
    return patterns_compare(a, b);
}

static int compare_two_diagnoses(const void *a, const void *b)
{
    const struct diagnosis_pattern *left = a, *right = b;
    return left->system != right->system ? (int)left->system - (int)right->system : patterns_compare(&left->code, &right->code);
}

void patterns_order(struct pattern *patterns, size_t count)
{
    qsort(patterns, count, sizeof(*patterns), compare_two_patterns);
}

void diagnoses_order(struct diagnosis_pattern *diagnoses, size_t count)
{
    qsort(diagnoses, count, sizeof(*diagnoses), compare_two_diagnoses);
}

/* One list of either kind, as the searches see it. */
struct pattern_list {
    const char *items;
    size_t count, size, offset; /* where the pattern is in an item */
};

static struct pattern_list list_of(const struct patterns *patterns)
{
    return (struct pattern_list){ (const char *)patterns->items, patterns->count, sizeof(struct pattern), 0 };
}

/* The part of a list that is of one system. */
static struct pattern_list list_of_system(const struct diagnosis_patterns *diagnoses, enum diagnosis_system system)
{
    size_t from = 0, until;
    while (from < diagnoses->count && diagnoses->items[from].system < system)
        from++;
    for (until = from; until < diagnoses->count && diagnoses->items[until].system == system;)
        until++;
    return (struct pattern_list){ (const char *)(diagnoses->items + from), until - from, sizeof(struct diagnosis_pattern),
                                  offsetof(struct diagnosis_pattern, code) };
}

static const struct pattern *list_at(const struct pattern_list *list, size_t at)
{
    return (const struct pattern *)(const void *)(list->items + at * list->size + list->offset);
}

/* The first that does not stand before `pattern`; NULL past the end. */
static const struct pattern *list_search(const struct pattern_list *list, const struct pattern *pattern)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (patterns_compare(list_at(list, middle), pattern) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < list->count ? list_at(list, low) : NULL;
}

/* Some prefix of the list is what the text begins with, and more or as long. */
static bool list_has_prefix_of(const struct pattern_list *list, struct bytes text)
{
    for (size_t length = 0; length <= text.length; length++) {
        struct pattern prefix = { { text.data, length }, true };
        const struct pattern *found = list_search(list, &prefix);
        if (!found)
            return false; /* and none that is longer */
        if (found->prefix && bytes_equal(found->text, prefix.text))
            return true;
    }
    return false;
}

static bool list_has(const struct pattern_list *list, struct bytes text)
{
    const struct pattern *found = list_search(list, &(struct pattern){ text, false });
    return found && bytes_equal(found->text, text);
}

static bool list_begins_with(const struct pattern_list *list, struct bytes text)
{
    const struct pattern *found = list_search(list, &(struct pattern){ text, true });
    return found && bytes_begin_with(found->text, text);
}

static bool lists_meet(const struct pattern_list *a, const struct pattern_list *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct pattern *pattern = list_at(a, i);
        if (list_has_prefix_of(b, pattern->text) || (pattern->prefix ? list_begins_with(b, pattern->text) : list_has(b, pattern->text)))
            return true;
    }
    return false;
}

static bool list_covers(const struct pattern_list *wide, const struct pattern_list *narrow)
{
    for (size_t i = 0; i < narrow->count; i++) {
        const struct pattern *pattern = list_at(narrow, i);
        if (!list_has_prefix_of(wide, pattern->text) && (pattern->prefix || !list_has(wide, pattern->text)))
            return false;
    }
    return true;
}

/* --- can one line be accepted by both --- */

static bool patterns_meet(const struct patterns *a, const struct patterns *b)
{
    struct pattern_list one = list_of(a), other = list_of(b);
    return a->count == 0 || b->count == 0 || lists_meet(&one, &other);
}

static bool diagnoses_meet(const struct diagnosis_patterns *a, const struct diagnosis_patterns *b)
{
    bool meet = a->count == 0 || b->count == 0;
    for (int system = 0; system < SYSTEM_COUNT && !meet; system++) {
        struct pattern_list one = list_of_system(a, (enum diagnosis_system)system), other = list_of_system(b, (enum diagnosis_system)system);
        meet = lists_meet(&one, &other);
    }
    return meet;
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

const struct clause trajectory_clause = {
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

/* --- does one accept all that the other does --- */

static bool patterns_cover(const struct patterns *wide, const struct patterns *narrow)
{
    struct pattern_list one = list_of(wide), other = list_of(narrow);
    return wide->count == 0 || (narrow->count > 0 && list_covers(&one, &other));
}

static bool diagnoses_cover(const struct diagnosis_patterns *wide, const struct diagnosis_patterns *narrow)
{
    bool covers = wide->count == 0 || narrow->count > 0;
    for (int system = 0; system < SYSTEM_COUNT && covers && wide->count > 0; system++) {
        struct pattern_list one = list_of_system(wide, (enum diagnosis_system)system);
        struct pattern_list other = list_of_system(narrow, (enum diagnosis_system)system);
        covers = list_covers(&one, &other);
    }
    return covers;
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
