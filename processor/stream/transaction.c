#include "stream/transaction.h"

#include "stream/librdkafka.h"

#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one call; a longer wait is the caller's, who asks again: every call here goes on where it was. Commit
 * and abort get the transaction's own limit. Without one (-1) they wait for as long as the coordinator is
 * away, past every limit of the step that calls them. What rdkafka.h warns of, that with a limit both sides
 * may disagree about what was done, is decided by the step: a commit that was not done within its limit is
 * repeated and then resolved by the group's offsets, behind a new producer. */
enum { OFFSETS_WAIT_MS = 10000 };

bool transaction_begin(struct producer *producer, struct failure *failure)
{
    return failure_of_error(rd_kafka_begin_transaction(producer_handle(producer)), "begin a transaction",
                            failure);
}

static void set_metadata(rd_kafka_topic_partition_t *element, const char *metadata)
{
    size_t length = strlen(metadata);
    if (length == 0)
        return;
    element->metadata = malloc(length); /* librdkafka frees it with the list */
    memcpy(element->metadata, metadata, length);
    element->metadata_size = length;
}

bool transaction_offsets(struct producer *producer, struct consumer *consumer,
                         const struct position *positions, size_t count, struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *element =
            rd_kafka_topic_partition_list_add(list, consumer_topic(consumer), positions[i].partition);
        element->offset = positions[i].offset;
        set_metadata(element, positions[i].metadata);
    }
    /* Fresh each time: it names the generation, and a stale one must be refused. */
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer_handle(consumer));
    rd_kafka_error_t *error =
        rd_kafka_send_offsets_to_transaction(producer_handle(producer), list, group, OFFSETS_WAIT_MS);
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    return failure_of_error(error, "put the input's offsets into the transaction", failure);
}

/* Two requests go out: the first puts the partition of the group's offsets on the transaction's list, the
 * second brings an offset. The latter is one of a member that no group has, and every coordinator refuses it,
 * in whatever state the group is: UNKNOWN_MEMBER_ID, or ILLEGAL_GENERATION where there is no group (Kafka 3.9
 * to 4.4, validateOffsetCommit). librdkafka then wants an abort: that is the success. */
bool transaction_touch_group(struct producer *producer, const char *group, const char *topic,
                             struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = 0;
    rd_kafka_consumer_group_metadata_t *nobody =
        rd_kafka_consumer_group_metadata_new_with_genid(group, 0, "nobody", NULL);
    rd_kafka_error_t *error =
        rd_kafka_send_offsets_to_transaction(producer_handle(producer), list, nobody, OFFSETS_WAIT_MS);
    rd_kafka_consumer_group_metadata_destroy(nobody);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error) {
        failure_set(
            failure, REMEDY_STOP, CAUSE_KAFKA,
            "the coordinator of group \"%s\" took an offset of a member that the group does not have: "
            "it is none of the brokers that exactly once was shown on (README)",
            group);
        return false;
    }
    return !failure_of_error(error, "touch the group's offsets", failure) && failure->remedy == REMEDY_ABORT;
}

bool transaction_commit(struct producer *producer, struct failure *failure)
{
    return failure_of_error(
        rd_kafka_commit_transaction(producer_handle(producer), producer_transaction_timeout_ms(producer)),
        "commit the transaction", failure);
}

bool transaction_abort(struct producer *producer, struct failure *failure)
{
    return failure_of_error(
        rd_kafka_abort_transaction(producer_handle(producer), producer_transaction_timeout_ms(producer)),
        "abort the transaction", failure);
}
