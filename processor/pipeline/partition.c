#include "pipeline/partition.h"

#include "pipeline/restoring.h"
#include "stream/consumer.h"

void partition_drop(struct partition *partition)
{
    struct rest rest = partition->rest;
    bool accepted[TOPIC_COUNT];
    memcpy(accepted, partition->accepted, sizeof(accepted));
    rest.is_debt = rest.is_debt || partition->unconfirmed.count > 0 || partition->outbox.count > 0;
    restoring_free(partition->restoring);
    checkpoint_job_free(partition->job);
    if (partition->fold)
        fold_free(partition->fold);
    outbox_release(&partition->outbox);
    unconfirmed_release(&partition->unconfirmed);
    found_release(&partition->found);
    *partition = (struct partition){ .number = partition->number,
                                     .owned = partition->owned,
                                     .committed = OFFSET_NONE,
                                     .rest = rest,
                                     .last = { .offset = OFFSET_NONE },
                                     .remembered = { .offset = OFFSET_NONE },
                                     .checkpoint_offset = OFFSET_NONE,
                                     .window = { .made = { .base = BASE_NONE } } };
    memcpy(partition->accepted, accepted, sizeof(accepted));
}

void partition_count_from(struct partition *partition, int64_t offset)
{
    const struct made none = { .base = partition->window.made.base };
    if (none.base != BASE_NONE && fold_made(partition->fold)->base != none.base && offset >= none.base)
        fold_set_made(partition->fold, &none);
}

struct made partition_made(const struct partition *partition)
{
    const struct made *made = fold_made(partition->fold);
    return made->base == partition->window.made.base ? *made
                                                     : (struct made){ .base = partition->window.made.base };
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
    partition->last =
        (struct last_record){ partition->last_message->offset, message_hash(partition->last_message) };
    partition->last_message = NULL;
}
