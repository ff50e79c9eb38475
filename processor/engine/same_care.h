/* same_care.h - whether two lines are the same care by a rule of `duplicates` (§4).
 * Owner:   nothing is held.
 * Units:   days.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_SAME_CARE_H
#define BUNDELWACHT_ENGINE_SAME_CARE_H

#include "engine/book.h"

/* Of two lines that the rule of the book governs; in any order of the two. */
bool same_care(const struct book *book, const struct duplicate_rule *rule, const struct declaration *a,
               const struct declaration *b);
/* An order in which lines that could be the same care by the rule stand together: what is not 0 is not. */
int same_care_order(const struct duplicate_rule *rule, const struct declaration *a,
                    const struct declaration *b);

#endif
