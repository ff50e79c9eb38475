/* clause.h - the algebra of clauses (§5): which lines one accepts, and what two have to do with each other.
 * Owner:   everything is borrowed from the book.
 * Errors:  none. Lists are in the order that book.h promises; asked about others, the answers are wrong.
 * Threads: pure.
 *
 * A list of n patterns is searched with log n comparisons, because none of it is within another: then only
 * the last one that does not come after a text can accept that text. What any pattern between a prefix and a
 * text that begins with it begins with is that prefix, too, so that there is none. */
#ifndef BUNDELWACHT_ENGINE_CLAUSE_H
#define BUNDELWACHT_ENGINE_CLAUSE_H

#include "engine/book.h"

/* The order of book.h: by system, then by text; a prefix comes before a code of the same text. */
int pattern_compare(const struct pattern *a, const struct pattern *b);
/* Every code that the narrow one accepts the wide one accepts. */
bool pattern_covers(const struct pattern *wide, const struct pattern *narrow);

/* System and first bytes as one number, in the order of the patterns; the more patterns begin alike, the less
 * it says. Comparing numbers that stand together is ten times as fast as comparing texts that do not. */
uint64_t pattern_head(enum diagnosis_system system, struct bytes text);

bool clause_accepts(const struct clause *clause, const struct declaration *declaration);
/* Some line could be accepted by both. */
bool clauses_meet(const struct clause *a, const struct clause *b);
/* Every line that the narrow one accepts the wide one accepts. Sharp, but for patterns that are themselves
 * longer than their field or no digits where it has them: false may then be wrong, true never is. */
bool clause_covers(const struct clause *wide, const struct clause *narrow);
/* Each of the clauses is covered by one of the criterion: true is sure, while false may be wrong where
 * several cover one together. */
bool criterion_covers(const struct criterion *wide, const struct clause *narrow, size_t count);

/* What `scope.trajectory` takes in, beside what its trajectory number says (§7). */
extern const struct clause trajectory_clause;

#endif
