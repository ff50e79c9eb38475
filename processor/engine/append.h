/* append.h - a kept line that can open, close, move, price or duplicate nothing, without a recompute (design
 * §4).
 * Owner:   as a change.
 * Errors:  none.
 * Threads: with its engine.
 *
 * A line that no rule but scopes, measures and duplicates can see changes the episodes that it falls into,
 * and nothing else. These are rebuilt from what was sent last; the line is placed among them by the same
 * functions that a recompute calls (allocation.c, decision.c, settlement.c, alert.c). That the two agree is a
 * property test (tests/pipeline/test_histories.c). */
#ifndef BUNDELWACHT_ENGINE_APPEND_H
#define BUNDELWACHT_ENGINE_APPEND_H

#include "engine/person.h"

/* Sets of criteria by what a line that they accept could do. */
struct append_rules {
    uint64_t *opens;   /* open, confirm, attribute, disturb the quiet, exclude or price: always a recompute */
    /* move a window, be an outcome, an expected care or a first day: a recompute where its insurer has an
     * episode */
    uint64_t *touches;
    /* raise a budget: a recompute where an episode of its insurer opens on its start or later */
    uint64_t *factors;
    size_t words;
};

void append_rules_init(struct append_rules *rules, const struct book *book, size_t words,
                       struct arena *arena);
/* Adds what the line changes; it has been added to the person as the last, and nothing named it before.
 * False: nothing was done, and person_change is to be called. */
bool person_append(struct person *person, const struct append_rules *rules, const struct change *change);

#endif
