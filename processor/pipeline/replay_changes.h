/* replay_changes.h - the file of `replay --book-changes`: which book holds from which record of which
 * partition on.
 * Owner:   the changes own their books, until replay_changes_free.
 * Errors:  false, said on stderr.
 * Threads: one. */
#ifndef BUNDELWACHT_PIPELINE_REPLAY_CHANGES_H
#define BUNDELWACHT_PIPELINE_REPLAY_CHANGES_H

#include "pipeline/replay.h"

struct replay_changes {
    struct replay_change *items; /* by partition, then offset */
    size_t count;
    struct named_book *books;
    size_t books_count;
};
/* Lines `PARTITION OFFSET BOOK`; empty ones and those that begin with # are skipped. */
bool replay_changes_read(const char *path, int32_t partitions_count, struct replay_changes *ret_changes);
void replay_changes_free(struct replay_changes *changes);

#endif
