#include "stream/librdkafka.h"

#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_BYTES = 24, FULL_WAIT_MS = 10, FULL_WAITS_MAX = 50 };

struct producer {
    struct producer_options options;
    rd_kafka_t *handle;
    rd_kafka_topic_t *topics[PRODUCER_TOPICS_MAX];
    int transaction_timeout_ms;
    int queue_messages_max;
    int breaks_count;
};

rd_kafka_t *producer_handle(const struct producer *producer)
{
    return producer->handle;
}

int producer_transaction_timeout_ms(const struct producer *producer)
{
    return producer->transaction_timeout_ms;
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct producer *producer = opaque;
    (void)handle;
    /* what it means for a transaction comes back from the transaction's own calls */
    stream_talk("kafka: producer: ", reason);
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        code == RD_KAFKA_RESP_ERR__TIMED_OUT)
        producer->breaks_count++;
}

int producer_breaks_count(struct producer *producer)
{
    producer_serve(producer); /* on_error runs inside */
    return producer->breaks_count;
}

static rd_kafka_conf_t *producer_conf(struct producer *producer, struct failure *failure)
{
    const struct producer_options *options = &producer->options;
    struct property own[2];
    size_t count = 0;
    own[count++] = (struct property){ PROPERTY_BOTH, "transactional.id", options->transactional_id };
    if (options->client_id)
        own[count++] = (struct property){ PROPERTY_BOTH, "client.id", options->client_id };
    rd_kafka_conf_t *conf =
        properties_conf(HANDLE_PRODUCER, options->properties, own, count, producer, failure);
    if (conf)
        rd_kafka_conf_set_error_cb(conf, on_error);
    return conf;
}

/* What the operator may have set, as a number; the table has a default for each. */
static int conf_number(const rd_kafka_conf_t *conf, const char *name)
{
    char text[NUMBER_TEXT_BYTES];
    size_t size = sizeof(text);
    must(rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK);
    return (int)strtol(text, NULL, 10);
}

static bool meet_topics(struct producer *producer, struct failure *failure)
{
    const struct producer_options *options = &producer->options;
    for (size_t i = 0; i < options->topics_count; i++) {
        int32_t partitions_count;
        if (!handle_meets_topic(producer->handle, options->topics[i], &partitions_count, failure))
            return false;
        producer->topics[i] = rd_kafka_topic_new(producer->handle, options->topics[i], NULL);
        must(producer->topics[i] != NULL);
    }
    return true;
}

static void close_handle(struct producer *producer)
{
    for (size_t i = 0; i < COUNT(producer->topics); i++)
        if (producer->topics[i])
            rd_kafka_topic_destroy(producer->topics[i]);
    memset(producer->topics, 0, sizeof(producer->topics));
    if (producer->handle) {
        rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(producer->handle);
    }
    producer->handle = NULL;
}

static bool open_handle(struct producer *producer, struct failure *failure)
{
    rd_kafka_conf_t *conf = producer_conf(producer, failure);
    if (!conf)
        return false;
    producer->transaction_timeout_ms = conf_number(conf, "transaction.timeout.ms");
    producer->queue_messages_max = conf_number(conf, "queue.buffering.max.messages");
    producer->handle = handle_new(RD_KAFKA_PRODUCER, conf, failure);
    if (producer->handle && meet_topics(producer, failure))
        return true;
    close_handle(producer);
    return false;
}

struct producer *producer_open(const struct producer_options *options, struct failure *failure)
{
    must(options->topics_count <= PRODUCER_TOPICS_MAX);
    struct producer *producer = memory_alloc_zeroed(1, sizeof(*producer));
    producer->options = *options;
    if (!open_handle(producer, failure)) {
        memory_free(producer);
        return NULL;
    }
    return producer;
}

bool producer_init(struct producer *producer, int wait_ms, struct failure *failure)
{
    return failure_of_error(rd_kafka_init_transactions(producer->handle, wait_ms),
                            "initialise the transactional producer", failure);
}

bool producer_replace(struct producer *producer, struct failure *failure)
{
    close_handle(producer);
    if (open_handle(producer, failure))
        return true;
    if (failure->cause == CAUSE_UNREACHABLE)
        failure->remedy = REMEDY_AGAIN;
    return false;
}

/* --- sending --- */

/* Only we add to the queue, so room that is there stays there: no record of a batch is refused with the next
 * one taken. */
static bool has_room(struct producer *producer, size_t count)
{
    for (int waits = 0; waits < FULL_WAITS_MAX; waits++) {
        if (rd_kafka_outq_len(producer->handle) + (int)count <= producer->queue_messages_max)
            return true;
        rd_kafka_poll(producer->handle, FULL_WAIT_MS);
    }
    return false;
}

static void *unconst(const void *data)
{
    union {
        const void *from;
        void *to;
    } cast = { .from = data };
    return cast.to; /* librdkafka copies (F_COPY) and does not write */
}

static void refused(rd_kafka_resp_err_t code, const char *topic, size_t length, struct failure *failure)
{
    char what[FAILURE_TEXT_BYTES / 2];
    snprintf(what, sizeof(what), "send a record of %zu bytes to \"%s\"", length, topic);
    failure_of_code(code, NULL, what, failure);
    if (code != RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && code != RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
        /* the transaction failed before; a queue that is full after all would break the order */
        failure->remedy = REMEDY_ABORT;
}

size_t producer_send(struct producer *producer, const struct outgoing *records, size_t count,
                     struct failure *failure)
{
    rd_kafka_message_t raw[SEND_MAX];
    must(count <= SEND_MAX);
    if (!has_room(producer, count)) {
        failure_set(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE,
                    "could not send: the producer's queue stays full");
        return 0;
    }
    memset(raw, 0, sizeof(raw[0]) * count);
    for (size_t i = 0; i < count; i++) {
        must(records[i].topic == records[0].topic);
        raw[i].partition = records[i].partition;
        raw[i].payload = unconst(records[i].value.data);
        raw[i].len = records[i].value.length;
        raw[i].key = unconst(records[i].key.data);
        raw[i].key_len = records[i].key.length;
    }
    int taken = rd_kafka_produce_batch(producer->topics[records[0].topic], RD_KAFKA_PARTITION_UA,
                                       RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION, raw, (int)count);
    if ((size_t)taken == count)
        return count;
    for (size_t i = 0; i < count; i++)
        if (raw[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            refused(raw[i].err, producer->options.topics[records[i].topic], records[i].value.length, failure);
            return i;
        }
    must(false && "a batch with fewer taken than sent names the one that was refused");
    return 0;
}

bool producer_send_with_headers(struct producer *producer, const struct outgoing *record,
                                const struct header *headers, size_t count, struct failure *failure)
{
    if (!has_room(producer, 1)) {
        failure_set(failure, REMEDY_AGAIN, CAUSE_UNREACHABLE,
                    "could not send: the producer's queue stays full");
        return false;
    }
    rd_kafka_headers_t *list = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_header_add(list, headers[i].name, -1, headers[i].value.data,
                            (ssize_t)headers[i].value.length);
    rd_kafka_resp_err_t code =
        rd_kafka_producev(producer->handle, RD_KAFKA_V_RKT(producer->topics[record->topic]),
                          RD_KAFKA_V_PARTITION(record->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                          RD_KAFKA_V_KEY(record->key.data, record->key.length),
                          RD_KAFKA_V_VALUE(unconst(record->value.data), record->value.length),
                          RD_KAFKA_V_HEADERS(list), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    rd_kafka_headers_destroy(list); /* producev takes them over only when it took the record */
    refused(code, producer->options.topics[record->topic], record->value.length, failure);
    return false;
}

bool producer_flush(struct producer *producer, int wait_ms, struct failure *failure)
{
    rd_kafka_resp_err_t code = rd_kafka_flush(producer->handle, wait_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    failure_of_code(code, NULL, "send what is in the producer's queue", failure);
    failure->remedy = REMEDY_ABORT;
    return false;
}

void producer_serve(struct producer *producer)
{
    if (producer->handle) /* none while a new one could not be made yet */
        rd_kafka_poll(producer->handle, 0);
}

static rd_kafka_resp_err_t look_at_nothing(rd_kafka_event_t *event, void *into, const char **ret_detail)
{
    (void)event;
    (void)into;
    (void)ret_detail;
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* A request of its own for the same coordinator: it asks where that is, and connects to it, and that wakes
 * the one that waits. */
void producer_poke(struct producer *producer, const char *group, int wait_ms)
{
    struct failure failure;
    admin_describe_group(producer->handle, group, look_at_nothing, NULL, wait_ms,
                         "ask for the group's coordinator", &failure);
}

void producer_close(struct producer *producer)
{
    close_handle(producer);
    memory_free(producer);
}
