/* episode.h - who opens an episode: conditions a to h, absorption, keys (§6).
 * Owner:   the arena of the history.
 * Units:   days.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_EPISODE_H
#define BUNDELWACHT_ENGINE_EPISODE_H

#include "engine/history.h"

/* Walks the lines of the lane, once for each bundle; every episode found has its window. */
void episodes_find(struct history *history, struct lane *lane);
/* The only one in whose from..until the day falls, or NULL. */
const struct definition *definition_on(const struct bundle *bundle, int32_t day);
/* `bundle/side/opened_on` */
struct bytes episode_key(struct arena *arena, struct bytes bundle, char side, int32_t opened_on);

#endif
