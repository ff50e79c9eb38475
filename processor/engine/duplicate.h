/* duplicate.h - whether a new line could be the same care as one before (§4), for the append of lines.
 * Owner:   nothing is kept.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_DUPLICATE_H
#define BUNDELWACHT_ENGINE_DUPLICATE_H

#include "engine/history.h"

/* True when some debit among `others`, credited or not, would be in one group with the line. */
bool line_has_double(const struct book *book, struct line *line, struct line *const others[], size_t others_count);

#endif
