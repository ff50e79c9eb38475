#include "pipeline/book_change.h"

/* Why steps at one offset. A change of book may touch everybody, and folds no record: so the committed
 * offset, which everywhere else tells what is done, says nothing of it, and in one transaction it could be as
 * large as the state. Therefore it is cut at the caps of a transaction; each part commits the same offset
 * again, and the step in the metadata tells the parts from each other. The first part has no outputs. It must
 * be read back as stable before any is sent: outputs of a book whose commit was lost would be taken for
 * outputs of the book before by whoever comes next. A crash in between costs time and nothing else. The state
 * at the offset is in a checkpoint, to decide everybody anew in the order of their keys makes the same
 * outputs in the same order, and those that are in their topics already are not sent (resolve.c). Step 0 says
 * that it is done; no record behind the offset is folded before. */

void book_change_compute(struct book_change *change, struct fold *fold, struct outbox *outbox)
{
    change->computed = !fold_recompute(fold, change->cause, outbox);
}

void book_change_to_metadata(const struct book_change *change, size_t outbox_count,
                             struct commit_metadata *metadata)
{
    metadata->step = 0;
    metadata->sent = 0;
    if (!change->under_way)
        return;
    metadata->sent = change->sent + (int64_t)outbox_count;
    if (!change->computed)
        metadata->step = change->step + 1;
}

void book_change_committed(struct book_change *change, const struct commit_metadata *metadata)
{
    if (!change->under_way)
        return;
    change->step = metadata->step;
    change->sent = metadata->sent;
    change->under_way = metadata->step > 0;
}
