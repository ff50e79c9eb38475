/* recompute.h - what the rules make of a person's kept lines: the order of the rules, and nothing else.
 * Owner:   everything lives in the arena of the recompute, and ends with it. Lines belong to the person.
 * Errors:  none.
 * Threads: with its engine.
 *
 * The steps, each in its own file: credits (§3), duplicates (§4), lanes by insurer, episodes with their
 * windows (§6), prices and allocation (§7), accounts (§7), settlement (§8, §9). Each sees only what the steps
 * before it have left. */
#ifndef BUNDELWACHT_ENGINE_RECOMPUTE_H
#define BUNDELWACHT_ENGINE_RECOMPUTE_H

#include "engine/history.h"

/* Everything: fills `history` from the person's lines. */
void history_compute(struct history *history, const struct rules *rules, struct arena *arena,
                     struct bytes insured, int32_t as_of, struct line *const lines[], size_t lines_count);
/* The same, and the rules note why. */
void history_explain(struct history *history, const struct rules *rules, struct arena *arena,
                     struct bytes insured, int32_t as_of, struct line *const lines[], size_t lines_count,
                     struct explanation *explanation);

#endif
