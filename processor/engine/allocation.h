/* allocation.h - price lines, candidates, rank, who keeps a line, and its shares (§7).
 * Owner:   the arena of the history.
 * Units:   cents.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_ALLOCATION_H
#define BUNDELWACHT_ENGINE_ALLOCATION_H

#include "engine/history.h"

/* Whether an episode is a candidate for a line, or could have its price: the first that does not hold. */
enum candidate_condition {
    CANDIDATE_TOO_EARLY,
    CANDIDATE_TOO_LATE,
    CANDIDATE_OTHER_SIDE,
    CANDIDATE_NOT_INCLUDED,
    CANDIDATE_EXCLUDED,
    CANDIDATE_IS
};
enum price_condition { PRICE_OF_OTHERS, PRICE_OTHER_SIDE, PRICE_TOO_EARLY, PRICE_TOO_LATE, PRICE_FITS };

/* Puts the lane's episodes in the order of their rank, and gives every line its status and its shares. */
void lane_allocate(struct history *history, struct lane *lane);
enum candidate_condition candidate_condition(const struct book *book, const struct episode *episode,
                                             const struct placed *placed);
enum price_condition price_condition(const struct book *book, const struct episode *episode,
                                     const struct placed *price);
/* What the cell of their bundles says. */
enum overlap overlap_of(const struct book *book, const struct episode *a, const struct episode *b);

#endif
