#include "engine/criterion.h"

#include "engine/clause.h"

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

/* Some definition says scope.trajectory (§7). */
static bool book_says_trajectory(const struct book *book)
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

static bool accept_of(const struct criteria_index *index, unsigned care_type,
                      const struct declaration *declaration, uint64_t set[])
{
    bool any = false;
    const struct indexed_clause *clauses = index->by_care_type[care_type];
    size_t count = index->by_care_type_count[care_type];
    for (size_t i = 0; i < count; i++) {
        if (criteria_has(set, (int32_t)clauses[i].criterion) ||
            !clause_accepts(clauses[i].clause, declaration))
            continue;
        set[clauses[i].criterion >> 6] |= 1ull << (clauses[i].criterion & 63);
        any = true;
    }
    return any;
}

bool criteria_accept(const struct criteria_index *index, const struct declaration *declaration,
                     uint64_t set[])
{
    memset(set, 0, index->words * sizeof(*set));
    bool any = accept_of(index, declaration->care_type, declaration, set);
    return accept_of(index, ANY_CARE_TYPE, declaration, set) || any;
}

bool care_type_has_trajectory(uint8_t care_type)
{
    return (trajectory_clause.care_types >> care_type & 1) != 0;
}

bool meets_no_rule(const struct criteria_index *index, const struct declaration *declaration,
                   bool any_accepts)
{
    bool by_trajectory = index->any_trajectory && !bytes_is_null(declaration->trajectory) &&
                         care_type_has_trajectory(declaration->care_type);
    return !any_accepts && !by_trajectory;
}

/* --- the clauses of all criteria, as one row that is walked round and round --- */

struct clause_at {
    size_t criterion, clause;
};

static const struct clause *clause_of(const struct book *book, struct clause_at at)
{
    const struct criterion *criterion = &book->criteria[at.criterion];
    return at.clause < criterion->clauses_count ? &criterion->clauses[at.clause] : NULL;
}

static struct clause_at clause_after(const struct book *book, struct clause_at at)
{
    if (at.clause + 1 < book->criteria[at.criterion].clauses_count)
        return (struct clause_at){ at.criterion, at.clause + 1 };
    return (struct clause_at){ (at.criterion + 1) % book->criteria_count, 0 };
}

/* Looks from `*next` on, once round, and leaves there what comes after the clause that covers. */
static bool any_covers(const struct book *book, const struct clause *narrow, struct clause_at *next)
{
    struct clause_at at = *next;
    do {
        const struct clause *wide = clause_of(book, at);
        at = clause_after(book, at);
        if (wide && clause_covers(wide, narrow)) {
            *next = at;
            return true;
        }
    } while (at.criterion != next->criterion || at.clause != next->clause);
    return false;
}

/* Two books that are much alike have their clauses in much the same order: most are covered by the next
 * one. */
bool criteria_see_more(const struct book *book, const struct book *than)
{
    struct clause_at next = { 0, 0 };
    if (book_says_trajectory(book) && !book_says_trajectory(than))
        return true;
    for (size_t c = 0; c < book->criteria_count; c++)
        for (size_t k = 0; k < book->criteria[c].clauses_count; k++)
            if (than->criteria_count == 0 || !any_covers(than, &book->criteria[c].clauses[k], &next))
                return true;
    return false;
}
