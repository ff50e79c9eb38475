#include "stream/librdkafka.h"

#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVE_WAIT_MS = 20, LEAVE_WAITS_MAX = 250 };

struct consumer {
    struct consumer_options options;
    rd_kafka_t *handle;
    rd_kafka_queue_t *queue;
    unsigned events;       /* not yet asked for */
    bool rebalanced;       /* inside the current take */
    bool closes;           /* nobody will ask for events any more */
    int breaks_count;
    struct failure failure;
    int32_t *assigned;
    size_t assigned_count;
    rd_kafka_message_t *raw[TAKE_MAX];
    size_t raw_count;
    struct message messages[TAKE_MAX];
};

rd_kafka_t *consumer_handle(const struct consumer *consumer)
{
    return consumer->handle;
}

const char *consumer_topic(const struct consumer *consumer)
{
    return consumer->options.topic;
}

/* --- partitions come and go --- */

static void remember_assigned(struct consumer *consumer, const rd_kafka_topic_partition_list_t *list)
{
    memory_free(consumer->assigned);
    consumer->assigned_count = (size_t)list->cnt;
    consumer->assigned = memory_alloc(consumer->assigned_count + 1, sizeof(int32_t));
    for (int i = 0; i < list->cnt; i++)
        consumer->assigned[i] = list->elems[i].partition;
    consumer->events |= EVENT_ASSIGNED;
}

void consumer_give_back(struct consumer *consumer)
{
    rd_kafka_assign(consumer->handle, NULL);
}

/* Both are only remembered, and rd_kafka_assign comes after this take. Of an assignment: what the take still
 * fills its array with could be records from beyond the position where we want to begin (LIBRARIES.md §2.5).
 * Of a revocation: the owner finishes its transaction first, and does so where it sees what it does and not
 * inside of a call for records. librdkafka waits for that call, fetching nothing. */
static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t *list,
                         void *opaque)
{
    struct consumer *consumer = opaque;
    consumer->rebalanced = true;
    if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        remember_assigned(consumer, list);
        return;
    }
    if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS)
        consumer->events = (consumer->events & ~(unsigned)EVENT_ASSIGNED) | EVENT_REVOKED |
                           (rd_kafka_assignment_lost(handle) ? EVENT_LOST : 0);
    if (code != RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS || consumer->closes)
        consumer_give_back(consumer);
}

static void fail(struct consumer *consumer, enum failure_cause cause, const char *text)
{
    if (consumer->failure.remedy != REMEDY_NONE)
        return; /* the first is the cause, the others follow from it */
    failure_set(&consumer->failure, REMEDY_STOP, cause, "%s", text);
    consumer->events |= EVENT_FAILED;
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct consumer *consumer = opaque;
    char text[FAILURE_TEXT_BYTES];
    rd_kafka_resp_err_t fatal = code == RD_KAFKA_RESP_ERR__FATAL
                                    ? rd_kafka_fatal_error(handle, text, sizeof(text))
                                    : RD_KAFKA_RESP_ERR_NO_ERROR;
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
        fail(consumer, CAUSE_FENCED,
             "another process has our place in the group, or the broker was away for longer than the "
             "session: each process needs a `process` number of its own; else start again");
    else if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
        fail(consumer, CAUSE_KAFKA, text);
    else {
        consumer->breaks_count++;
        stream_talk("kafka: consumer: ", reason); /* of a connection: librdkafka goes on by itself */
    }
}

/* --- opening --- */

static rd_kafka_conf_t *consumer_conf(struct consumer *consumer, struct failure *failure)
{
    const struct consumer_options *options = &consumer->options;
    struct property own[4];
    size_t count = 0;
    own[count++] = (struct property){ PROPERTY_BOTH, "group.id", options->group };
    own[count++] = (struct property){ PROPERTY_BOTH, "isolation.level",
                                      options->read_uncommitted ? "read_uncommitted" : "read_committed" };
    if (options->instance_id)
        own[count++] = (struct property){ PROPERTY_BOTH, "group.instance.id", options->instance_id };
    if (options->client_id)
        own[count++] = (struct property){ PROPERTY_BOTH, "client.id", options->client_id };
    rd_kafka_conf_t *conf = properties_conf(options->partitions ? HANDLE_READER : HANDLE_CONSUMER,
                                            options->properties, own, count, consumer, failure);
    if (conf) {
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
        rd_kafka_conf_set_error_cb(conf, on_error);
    }
    return conf;
}

struct consumer *consumer_open(const struct consumer_options *options, struct failure *failure)
{
    struct consumer *consumer = memory_alloc_zeroed(1, sizeof(*consumer));
    consumer->options = *options;
    rd_kafka_conf_t *conf = consumer_conf(consumer, failure);
    consumer->handle = conf ? handle_new(RD_KAFKA_CONSUMER, conf, failure) : NULL;
    if (!consumer->handle) {
        memory_free(consumer);
        return NULL;
    }
    rd_kafka_poll_set_consumer(consumer->handle);
    consumer->queue = rd_kafka_queue_get_consumer(consumer->handle);
    int32_t partitions_count;
    if (!handle_meets_topic(consumer->handle, options->topic, &partitions_count, failure)) {
        consumer_close(consumer);
        return NULL;
    }
    return consumer;
}

static bool subscribe(struct consumer *consumer, struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, consumer->options.topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    failure_of_code(code, NULL, "join the consumer group", failure);
    return false;
}

bool consumer_begin(struct consumer *consumer, struct failure *failure)
{
    const struct consumer_options *options = &consumer->options;
    if (!options->partitions)
        return subscribe(consumer, failure);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)options->partitions_count);
    for (size_t i = 0; i < options->partitions_count; i++)
        rd_kafka_topic_partition_list_add(list, options->topic, options->partitions[i]);
    remember_assigned(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    return true;
}

/* --- taking --- */

static struct bytes span_of(const void *data, size_t length)
{
    return (struct bytes){ data, data ? length : 0 };
}

static void set_message(struct message *message, const rd_kafka_message_t *raw)
{
    int64_t timestamp = rd_kafka_message_timestamp(raw, NULL);
    *message = (struct message){ .partition = raw->partition,
                                 .offset = raw->offset,
                                 .timestamp = timestamp >= 0 ? timestamp : TIMESTAMP_NONE,
                                 .key = span_of(raw->key, raw->key_len),
                                 .value = span_of(raw->payload, raw->len),
                                 .origin = raw };
}

/* What came instead of a record (LIBRARIES.md §2.4, Message errors). */
static void take_error(struct consumer *consumer, const rd_kafka_message_t *raw)
{
    char text[FAILURE_TEXT_BYTES];
    switch (raw->err) {
    case RD_KAFKA_RESP_ERR__FATAL:
        on_error(consumer->handle, raw->err, NULL, consumer);
        return;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        snprintf(text, sizeof(text),
                 "records of \"%s\" partition %d at offset %lld are gone: the topic was truncated, or its "
                 "retention is too short",
                 consumer->options.topic, (int)raw->partition, (long long)raw->offset);
        fail(consumer, CAUSE_CONFIG, text);
        return;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        snprintf(text, sizeof(text), "could not read \"%s\": %s", consumer->options.topic,
                 rd_kafka_err2str(raw->err));
        fail(consumer, CAUSE_CONFIG, text);
        return;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
        snprintf(text, sizeof(text), "the broker's copy of \"%s\" partition %d at offset %lld is damaged: %s",
                 consumer->options.topic, (int)raw->partition, (long long)raw->offset,
                 rd_kafka_err2str(raw->err));
        fail(consumer, CAUSE_KAFKA, text);
        return;
    /* a broker that is away or moves: librdkafka asks again by itself. _MAX_POLL_EXCEEDED comes as a lost
     * assignment. */
    default:
        return;
    }
}

static size_t take_messages(struct consumer *consumer)
{
    size_t count = 0;
    for (size_t i = 0; i < consumer->raw_count; i++) {
        const rd_kafka_message_t *raw = consumer->raw[i];
        if (raw->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            set_message(&consumer->messages[count++], raw);
        else if (raw->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            consumer->messages[count++] =
                (struct message){ .end = true, .partition = raw->partition, .offset = raw->offset };
        else
            take_error(consumer, raw);
    }
    return count;
}

size_t consumer_take(struct consumer *consumer, int wait_ms)
{
    must(consumer->raw_count == 0);
    consumer->rebalanced = false;
    ssize_t count = rd_kafka_consume_batch_queue(consumer->queue, wait_ms, consumer->raw, TAKE_MAX);
    consumer->raw_count = count > 0 ? (size_t)count : 0;
    if (consumer->rebalanced)
        consumer_release(consumer); /* of whom is no longer known: they come again from where we begin */
    size_t messages_count = take_messages(consumer);
    if (messages_count > 0)
        return messages_count;
    /* A fatal error may have come in a batch that a rebalance took away: it is asked for, or the worker would
     * wait for ever. */
    if (rd_kafka_fatal_error(consumer->handle, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
        on_error(consumer->handle, RD_KAFKA_RESP_ERR__FATAL, NULL, consumer);
    consumer_release(consumer);
    return 0;
}

const struct message *consumer_messages(const struct consumer *consumer)
{
    return consumer->messages;
}

void consumer_release(struct consumer *consumer)
{
    for (size_t i = 0; i < consumer->raw_count; i++)
        rd_kafka_message_destroy(consumer->raw[i]);
    consumer->raw_count = 0;
}

size_t message_headers(const struct message *message, struct header ret_headers[], size_t max)
{
    rd_kafka_headers_t *list;
    size_t count = 0, size;
    const void *value;
    if (!message->origin || rd_kafka_message_headers(message->origin, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (count < max && rd_kafka_header_get_all(list, count, &ret_headers[count].name, &value, &size) ==
                              RD_KAFKA_RESP_ERR_NO_ERROR)
        ret_headers[count++].value = span_of(value, size);
    return count;
}

unsigned consumer_events(struct consumer *consumer)
{
    unsigned events = consumer->events;
    consumer->events = 0;
    return events;
}

int64_t consumer_end_known(const struct consumer *consumer, int32_t partition)
{
    int64_t begin, end;
    rd_kafka_resp_err_t code =
        rd_kafka_get_watermark_offsets(consumer->handle, consumer->options.topic, partition, &begin, &end);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR && end >= 0 ? end : OFFSET_NONE;
}

int consumer_breaks_count(const struct consumer *consumer)
{
    return consumer->breaks_count;
}

const struct failure *consumer_failure(const struct consumer *consumer)
{
    return &consumer->failure;
}

const int32_t *consumer_assigned(const struct consumer *consumer, size_t *ret_count)
{
    *ret_count = consumer->assigned_count;
    return consumer->assigned;
}

/* --- positions --- */

bool consumer_assign(struct consumer *consumer, const struct position *positions, size_t count,
                     struct failure *failure)
{
    must(consumer->raw_count == 0);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, consumer->options.topic, positions[i].partition)->offset =
            positions[i].offset;
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    failure_of_code(code, NULL, "begin to read the assigned partitions", failure);
    return false;
}

static void set_position(struct position *position, const rd_kafka_topic_partition_t *element)
{
    position->offset = element->offset >= 0 ? element->offset : OFFSET_NONE;
    size_t length =
        element->metadata && element->metadata_size < POSITION_METADATA_BYTES ? element->metadata_size : 0;
    if (length > 0)
        memcpy(position->metadata, element->metadata, length);
    position->metadata[length] = 0;
}

bool handle_committed(rd_kafka_t *handle, const char *topic, struct position *positions, size_t count,
                      int wait_ms, struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, positions[i].partition);
    /* At _TIMED_OUT every element says NO_ERROR and "nothing committed": the call's own code comes first
     * (LIBRARIES.md §2.3). */
    rd_kafka_resp_err_t code = rd_kafka_committed(handle, list, wait_ms);
    for (size_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        code = list->elems[i].err;
    for (size_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
        set_position(&positions[i], &list->elems[i]);
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    failure_of_code(code, NULL, "ask for the committed offsets", failure);
    if (failure->cause == CAUSE_UNREACHABLE || failure->cause == CAUSE_KAFKA)
        failure->remedy = REMEDY_AGAIN; /* the caller has a limit on how long */
    return false;
}

bool consumer_committed(struct consumer *consumer, struct position *positions, size_t count, int wait_ms,
                        struct failure *failure)
{
    return handle_committed(consumer->handle, consumer->options.topic, positions, count, wait_ms, failure);
}

/* librdkafka's close sends no LeaveGroup for a static member, but its unsubscribe does: it takes the
 * partitions back (inside the take), then leaves and forgets the member id. So that is what is waited for; a
 * broker that is away ends the wait. */
static void leave_group(struct consumer *consumer)
{
    char *member = NULL;
    if (rd_kafka_unsubscribe(consumer->handle) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    for (int wait = 0; wait < LEAVE_WAITS_MAX; wait++) {
        consumer_take(consumer, LEAVE_WAIT_MS);
        consumer_release(consumer);
        member = rd_kafka_memberid(consumer->handle);
        bool left = !member || *member == '\0';
        if (member)
            rd_kafka_mem_free(consumer->handle, member);
        if (left)
            return;
    }
}

void consumer_close(struct consumer *consumer)
{
    consumer_release(consumer);
    consumer->closes = true;
    if (consumer->options.leave && !consumer->options.partitions)
        leave_group(consumer);
    rd_kafka_queue_destroy(consumer->queue);
    rd_kafka_consumer_close(consumer->handle); /* on_rebalance runs inside */
    rd_kafka_destroy(consumer->handle);
    memory_free(consumer->assigned);
    memory_free(consumer);
}
