#include "pipeline/worker_outbox.h"

void worker_note_last(struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        partition_note_last(&worker->partitions[p]);
}

/* What a partition makes again on its way back to the committed offset cannot be committed before it is
 * there: it does not count. */
void worker_count_outbox(struct worker *worker)
{
    worker->outbox_records = worker->outbox_bytes = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (!partition_has_uncommitted(partition))
            continue;
        worker->outbox_records += partition->outbox.count;
        worker->outbox_bytes += partition->outbox.bytes.length;
    }
}

bool worker_outbox_is_full(const struct worker *worker)
{
    const struct pipeline_options *options = worker->shared->options;
    return worker->outbox_records >= options->outbox_records_max ||
           worker->outbox_bytes >= options->outbox_bytes_max;
}
