/* book_change.h - a change of book, reference or engine, as steps at one offset (design §2): everybody is
 * decided anew, and the differences go out in transactions that all commit the same offset, each with another
 * step in its metadata.
 * Owner:   a partition owns its change.
 * Units:   numbers of outputs.
 * Errors:  none; what is refused was refused before (takeover.c).
 * Threads: the worker's.
 *
 * The first step has no outputs: it is the claim, which says under which rules those will be made that come
 * next (EXACTLY-ONCE.md, step 5). After a crash in between the same change is computed again from the
 * checkpoint at its offset; which of its outputs are in the log already, the window says (resolve.h). */
#ifndef BUNDELWACHT_PIPELINE_BOOK_CHANGE_H
#define BUNDELWACHT_PIPELINE_BOOK_CHANGE_H

#include "pipeline/commit_metadata.h"
#include "pipeline/fold.h"

struct book_change {
    bool under_way;
    bool computed;     /* all of it is in the outbox, or was before */
    int64_t step;      /* that is committed */
    int64_t sent;      /* outputs that are committed */
    const char *cause; /* `book` or `engine` */
};

/* Some more of it into `outbox`. */
void book_change_compute(struct book_change *change, struct fold *fold, struct outbox *outbox);
/* What the next commit says of it, when `outbox_count` outputs go with it. */
void book_change_to_metadata(const struct book_change *change, size_t outbox_count,
                             struct commit_metadata *metadata);
/* That commit is true. */
void book_change_committed(struct book_change *change, const struct commit_metadata *metadata);

static inline bool book_change_has_uncommitted(const struct book_change *change, size_t outbox_count)
{
    return change->under_way && (change->computed || outbox_count > 0);
}

#endif
