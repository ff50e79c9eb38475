/* after_end.h - facts that end care, and the lines that start after one (§4).
 * Owner:   the arena of the history.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_AFTER_END_H
#define BUNDELWACHT_ENGINE_AFTER_END_H

#include "engine/history.h"

/* Finds the active lines that start after an end, notes them in history->after_ends, and holds those that the
 * book says. Of a history whose credits are applied; same care comes next (duplicate.h). */
void ends_of_care_apply(struct history *history);
/* For the append of lines: false only when no debit among `others`, credited or not, can have ended the care
 * of the line. */
bool line_may_be_after_end(const struct book *book, const struct line *line, struct line *const others[],
                           size_t others_count);

#endif
