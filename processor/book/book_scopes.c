/* book_scopes.c - whether some line in the scope of a definition can be accepted by one of some clauses (§7).
 */
#include "book/book_parts.h"
#include "engine/clause.h"

static bool any_meets(const struct clause *a, size_t a_count, const struct clause *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++)
        for (size_t j = 0; j < b_count; j++)
            if (clauses_meet(&a[i], &b[j]))
                return true;
    return false;
}

bool scope_can_meet(const struct book *book, const struct definition *definition,
                    const struct clause *clauses, size_t count)
{
    const struct criterion *include = &book->criteria[definition->scope_include];
    return any_meets(include->clauses, include->clauses_count, clauses, count) ||
           (definition->scope_trajectory && any_meets(&trajectory_clause, 1, clauses, count));
}
