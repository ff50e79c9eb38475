#include "pipeline/partition.h"

#include "pipeline/restoring.h"
#include "stream/consumer.h"

void partition_drop(struct partition *partition)
{
    restoring_free(partition->restoring);
    checkpoint_job_free(partition->job);
    if (partition->fold)
        fold_free(partition->fold);
    kept_release(&partition->kept);
    *partition = (struct partition){
        .number = partition->number, .owned = partition->owned, .committed = OFFSET_NONE, .swept_by = partition->swept_by,
        .last = { .offset = OFFSET_NONE }, .checkpoint_offset = OFFSET_NONE,
    };
}

void partition_unsend(struct partition *partition)
{
    memset(partition->sent, 0, sizeof(partition->sent));
}

struct hash128 message_hash(const struct message *message)
{
    uint64_t seed = hash64(message->key.data, message->key.length, (uint64_t)message->timestamp);
    return hash128(message->value.data, message->value.length, seed ^ bytes_is_null(message->value));
}

void partition_note_last(struct partition *partition)
{
    if (!partition->last_message)
        return;
    partition->last = (struct last_record){ partition->last_message->offset, message_hash(partition->last_message) };
    partition->last_message = NULL;
}
