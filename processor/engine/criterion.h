/* criterion.h - which criteria of the book accept a line (§5), decided once when it comes in.
 * Owner:   the index lives in the arena given to criteria_index_init and borrows the book.
 * Errors:  none.
 * Threads: the index is constant; accepting is pure. */
#ifndef BUNDELWACHT_ENGINE_CRITERION_H
#define BUNDELWACHT_ENGINE_CRITERION_H

#include "base/arena.h"
#include "engine/book.h"

/* A set of criteria: a bit for each of the book's, in words. */
struct criteria_index {
    const struct book *book;
    size_t words; /* of a set */
    /* The clauses that a line of each care type could meet: most lines meet none, and see none. Behind them
     * those that name no care type, once. */
    struct indexed_clause {
        uint32_t criterion;
        const struct clause *clause;
    } *by_care_type[CARE_TYPE_COUNT + 1];
    size_t by_care_type_count[CARE_TYPE_COUNT + 1];
    bool any_trajectory; /* some definition says scope.trajectory */
};

void criteria_index_init(struct criteria_index *index, const struct book *book, struct arena *arena);
/* Writes the set of criteria that accept it; returns whether there is any. */
bool criteria_accept(const struct criteria_index *index, const struct declaration *declaration,
                     uint64_t set[]);
/* The five care types of scope.trajectory (§7). */
bool care_type_has_trajectory(uint8_t care_type);
/* The condition of `no_rule` (§7), which the book alone decides. */
bool meets_no_rule(const struct criteria_index *index, const struct declaration *declaration,
                   bool any_accepts);

/* False only when every line that a criterion of `book` accepts is accepted by one of `than`, clause by
 * clause: what `than` remembers by its identity alone, `book` could not see either. */
bool criteria_see_more(const struct book *book, const struct book *than);

static inline bool criteria_has(const uint64_t set[], int32_t criterion)
{
    return criterion != ABSENT && (set[criterion >> 6] >> (criterion & 63) & 1);
}

#endif
