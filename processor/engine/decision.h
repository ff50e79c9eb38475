/* decision.h - the money accounts of a decision, which always add up, and what its shares cost the episodes
 * (§7).
 * Owner:   nothing is held.
 * Units:   cents.
 * Errors:  none; must() checks the accounts.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_DECISION_H
#define BUNDELWACHT_ENGINE_DECISION_H

#include "engine/history.h"

/* Of lines that all have their status and shares. */
void decisions_account(struct history *history);

#endif
