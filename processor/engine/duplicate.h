/* duplicate.h - the same care declared twice: which lines stand (§4).
 * Owner:   nothing is held.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_DUPLICATE_H
#define BUNDELWACHT_ENGINE_DUPLICATE_H

#include "engine/history.h"

/* Decides of every line that the steps before have left active whether it stands. */
void duplicates_hold(struct history *history);
/* For the append of lines: true when some debit among `others`, credited or not, is the same care as the
 * line. */
bool line_has_double(const struct book *book, const struct line *line, struct line *const others[],
                     size_t others_count);

#endif
