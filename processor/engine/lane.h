/* lane.h - the standing lines of each insurer of a person in care order, and the episodes that they make (§4,
 * §6).
 * Owner:   the arena of the history.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_LANE_H
#define BUNDELWACHT_ENGINE_LANE_H

#include "engine/history.h"

/* Of a history whose standing lines are known (duplicate.h). */
void lanes_make(struct history *history);
/* One more, all zero. */
struct episode *lane_add_episode(struct history *history, struct lane *lane);

#endif
