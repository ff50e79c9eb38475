#include "pipeline/partition.h"

#include "base/must.h"
#include "pipeline/restoring.h"
#include "stream/consumer.h"

/* By phase, those that may follow. A partition comes in doubt, however well it is known: only what is visible
 * says what there is (takeover.c). From everywhere it may go away, or be in doubt again: a broker was lost,
 * or a commit. What waits is in doubt still, and looked up before it is served. Comparing ends with what the
 * rules of before have made; only then may ours take over, and only a change of book leads back to before
 * them. */
static const uint8_t may_follow[PARTITION_PHASE_COUNT] = {
    [PARTITION_AWAY] = 1u << PARTITION_IN_DOUBT,
    [PARTITION_IN_DOUBT] = 1u << PARTITION_AWAY | 1u << PARTITION_WAITS | 1u << PARTITION_RESOLVING |
                           1u << PARTITION_BEFORE_RULES | 1u << PARTITION_SERVED,
    [PARTITION_WAITS] = 1u << PARTITION_AWAY | 1u << PARTITION_IN_DOUBT,
    [PARTITION_RESOLVING] = 1u << PARTITION_AWAY | 1u << PARTITION_IN_DOUBT | 1u << PARTITION_BEFORE_RULES |
                            1u << PARTITION_SERVED,
    [PARTITION_BEFORE_RULES] = 1u << PARTITION_AWAY | 1u << PARTITION_IN_DOUBT | 1u << PARTITION_SERVED,
    [PARTITION_SERVED] = 1u << PARTITION_AWAY | 1u << PARTITION_IN_DOUBT | 1u << PARTITION_BEFORE_RULES,
};

void partition_enter(struct partition *partition, enum partition_phase phase)
{
    must(phase == partition->phase || (may_follow[partition->phase] & 1u << phase) != 0);
    partition->phase = phase;
}

void partition_drop(struct partition *partition)
{
    /* of one that is ours nobody knows any more what became of its outputs */
    enum partition_phase phase = partition_is_owned(partition) ? PARTITION_IN_DOUBT : PARTITION_AWAY;
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
                                     .phase = phase,
                                     .record_ms = TIMESTAMP_NONE,
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
