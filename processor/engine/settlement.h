/* settlement.h - contract, budget and result; the state on as_of; measures; what is still to be expected (§8
 * to §11).
 * Owner:   nothing is held.
 * Units:   cents, days.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_SETTLEMENT_H
#define BUNDELWACHT_ENGINE_SETTLEMENT_H

#include "engine/history.h"

/* Of episodes whose cost is known. */
void lane_settle(struct history *history, struct lane *lane);
/* Result and projection of an episode whose cost has changed; its state, budget and stratum are known. */
void episode_settle(const struct history *history, struct episode *episode);
/* The first line in care order that makes a factor of the contract hold, or NULL. */
const struct placed *factor_line(const struct lane *lane, const struct episode *episode,
                                 const struct factor *factor);
/* Of an episode whose contract has a stop_loss. */
int64_t episode_stop_loss_limit(const struct episode *episode);
/* The day that outcomes and measures count from: opened_on, or with `after` the start of the first such line;
 * false without one. */
bool episode_base(const struct lane *lane, const struct episode *episode, int32_t after, int32_t *ret_day);
/* What counts of its quantity in the episode: of a prorated line by days, half up (§11). */
int64_t share_quantity(const struct placed *placed, const struct episode *episode);
bool placed_has_share(const struct placed *placed, const struct episode *episode);

#endif
