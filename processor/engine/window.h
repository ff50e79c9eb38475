/* window.h - the six steps from opens_window to closes_on (§6).
 * Owner:   nothing is held.
 * Units:   days.
 * Errors:  none.
 * Threads: with its engine.
 *
 * All look at standing lines, whichever episode these go to. */
#ifndef BUNDELWACHT_ENGINE_WINDOW_H
#define BUNDELWACHT_ENGINE_WINDOW_H

#include "engine/history.h"

/* Of an episode that has just been opened; the lane has those before it. */
void window_set(const struct history *history, const struct lane *lane, struct episode *episode);

#endif
