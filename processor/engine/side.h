/* side.h - sides of the body: which an opening has, which of them meet, which lines go with one (§6).
 * Owner:   nothing is held.
 * Units:   a side is one of - L R B U.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_SIDE_H
#define BUNDELWACHT_ENGINE_SIDE_H

#include "engine/history.h"

char laterality_side(uint8_t laterality);
/* Of an episode that the line would open. */
char line_side(const struct line *line, const struct definition *definition);
bool sides_meet(char a, char b);
bool side_compatible(const struct line *line, enum sides sides, char side);
/* The same, asked of an episode. */
bool episode_compatible(const struct episode *episode, const struct placed *placed);

#endif
