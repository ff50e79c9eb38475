#include "stream/transaction.h"

#include "stream/librdkafka.h"

#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one call; a longer wait is the caller's, who asks again. Commit and abort have the transaction's own limit (-1): any other
 * one risks that both sides disagree about what was done (rdkafka.h). */
enum { OFFSETS_WAIT_MS = 10000, REMAINING_TIME = -1 };

bool transaction_begin(struct producer *producer, struct failure *failure)
{
    return failure_of_error(rd_kafka_begin_transaction(producer_handle(producer)), "begin a transaction", failure);
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

bool transaction_offsets(struct producer *producer, struct consumer *consumer, const struct place *places, size_t count,
                         struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_topic_partition_t *element = rd_kafka_topic_partition_list_add(list, consumer_topic(consumer), places[i].partition);
        element->offset = places[i].offset;
        set_metadata(element, places[i].metadata);
    }
    /* Fresh each time: it names the generation, and a stale one must be refused. */
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer_handle(consumer));
    rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(producer_handle(producer), list, group, OFFSETS_WAIT_MS);
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(list);
    return failure_of_error(error, "put the input's offsets into the transaction", failure);
}

bool transaction_commit(struct producer *producer, struct failure *failure)
{
    return failure_of_error(rd_kafka_commit_transaction(producer_handle(producer), REMAINING_TIME), "commit the transaction", failure);
}

bool transaction_abort(struct producer *producer, struct failure *failure)
{
    return failure_of_error(rd_kafka_abort_transaction(producer_handle(producer), REMAINING_TIME), "abort the transaction", failure);
}
