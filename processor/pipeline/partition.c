#include "pipeline/partition.h"

#include "stream/consumer.h"

void partition_drop(struct partition *partition)
{
    if (partition->fold)
        fold_free(partition->fold);
    kept_release(&partition->kept);
    *partition = (struct partition){
        .number = partition->number, .owned = partition->owned, .committed = OFFSET_NONE, .swept_by = partition->swept_by,
    };
}

void partition_unsend(struct partition *partition)
{
    memset(partition->sent, 0, sizeof(partition->sent));
}
