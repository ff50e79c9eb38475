#include "stream/load_producer.h"

#include "base/must.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#define METADATA_WAIT_MS 15000
#define FULL_QUEUE_WAIT_MS 20

struct load_producer {
    rd_kafka_t *handle;
    rd_kafka_topic_t *topic;
    int64_t failed;
};

/* Its own properties: many records in flight, Java's partitioner, and a word only about what failed. */
static const struct property own_properties[] = {
    { PROPERTY_PRODUCER, "client.id", "bundelwacht-load" },
    { PROPERTY_PRODUCER, "partitioner", "murmur2_random" },
    { PROPERTY_PRODUCER, "linger.ms", "20" },
    { PROPERTY_PRODUCER, "compression.type", "lz4" },
    { PROPERTY_PRODUCER, "enable.idempotence", "true" }, /* or a retry would put records out of order */
    { PROPERTY_PRODUCER, "queue.buffering.max.messages", "400000" },
    { PROPERTY_PRODUCER, "delivery.report.only.error", "true" },
    { PROPERTY_PRODUCER, "socket.nagle.disable", "true" },
    { PROPERTY_PRODUCER, "retry.backoff.ms", "10" },
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    struct load_producer *producer = opaque;
    if (message->err)
        __atomic_fetch_add(&producer->failed, 1, __ATOMIC_RELAXED);
}

/* What librdkafka has to say about connections; a flush that does not end says it to the user. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle, (void)level, (void)facility, (void)text;
}

static bool set_property(rd_kafka_conf_t *conf, const struct property *property, struct failure *failure)
{
    char text[256];
    if (property->client == PROPERTY_CONSUMER)
        return true;
    if (rd_kafka_conf_set(conf, property->name, property->value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
        return true;
    failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "property \"%s\" does not exist or takes no such value",
                property->name);
    return false;
}

static rd_kafka_conf_t *conf_of(const struct load_producer_options *options, struct load_producer *producer,
                                struct failure *failure)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool good = true;
    for (size_t at = 0; good && at < COUNT(own_properties); at++)
        good = set_property(conf, &own_properties[at], failure);
    for (size_t at = 0; good && at < options->properties.count; at++)
        good = set_property(conf, &options->properties.items[at], failure);
    if (!good) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_opaque(conf, producer);
    return conf;
}

/* Is it there? Asking also fills the handle's cache of leaders (LIBRARIES.md §2.3). */
static bool meet_topic(struct load_producer *producer, const char *topic, struct failure *failure)
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t error =
        rd_kafka_metadata(producer->handle, 0, producer->topic, &metadata, METADATA_WAIT_MS);
    if (error) {
        failure_set(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "could not reach a broker: %s",
                    rd_kafka_err2str(error));
        return false;
    }
    bool is_there =
        metadata->topic_cnt == 1 && !metadata->topics[0].err && metadata->topics[0].partition_cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    if (is_there)
        return true;
    failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "there is no topic \"%s\"; create it first", topic);
    return false;
}

struct load_producer *load_producer_open(const struct load_producer_options *options, struct failure *failure)
{
    struct load_producer *producer = calloc(1, sizeof(*producer));
    must(producer != NULL);
    rd_kafka_conf_t *conf = conf_of(options, producer, failure);
    char text[256];
    if (conf != NULL &&
        (producer->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text))) == NULL) {
        rd_kafka_conf_destroy(conf);
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "could not make a producer: %s", text);
    }
    if (producer->handle != NULL &&
        (producer->topic = rd_kafka_topic_new(producer->handle, options->topic, NULL)) == NULL)
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "topic name \"%s\" is not allowed", options->topic);
    if (producer->topic != NULL && meet_topic(producer, options->topic, failure))
        return producer;
    load_producer_close(producer);
    return NULL;
}

/* rd_kafka_produce is the faster call, and the one that cannot say a timestamp. */
static rd_kafka_resp_err_t send_once(struct load_producer *producer, const struct load_record *record)
{
    int32_t partition =
        record->partition == LOAD_PARTITION_BY_KEY ? RD_KAFKA_PARTITION_UA : record->partition;
    /* F_COPY: nobody writes there */
    void *value = (void *)(uintptr_t)record->value.data, *key = (void *)(uintptr_t)record->key.data;
    if (record->timestamp == LOAD_TIMESTAMP_NOW)
        return rd_kafka_produce(producer->topic, partition, RD_KAFKA_MSG_F_COPY, value, record->value.length,
                                record->key.data, record->key.length, NULL) == 0
                   ? RD_KAFKA_RESP_ERR_NO_ERROR
                   : rd_kafka_last_error();
    return rd_kafka_producev(
        producer->handle, RD_KAFKA_V_RKT(producer->topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_VALUE(value, record->value.length),
        RD_KAFKA_V_KEY(key, record->key.length), RD_KAFKA_V_TIMESTAMP(record->timestamp), RD_KAFKA_V_END);
}

bool load_producer_send(struct load_producer *producer, const struct load_record *record,
                        struct failure *failure)
{
    rd_kafka_resp_err_t error;
    while ((error = send_once(producer, record)) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(producer->handle, FULL_QUEUE_WAIT_MS);
    rd_kafka_poll(producer->handle, 0);
    if (!error)
        return true;
    failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "could not send a record: %s", rd_kafka_err2str(error));
    return false;
}

int64_t load_producer_failed(const struct load_producer *producer)
{
    return __atomic_load_n(&producer->failed, __ATOMIC_RELAXED);
}

bool load_producer_flush(struct load_producer *producer, int wait_ms, struct failure *failure)
{
    rd_kafka_resp_err_t error = rd_kafka_flush(producer->handle, wait_ms);
    if (error)
        failure_set(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "%d records were still on their way after %d s",
                    (int)rd_kafka_outq_len(producer->handle), wait_ms / 1000);
    else if (load_producer_failed(producer) > 0)
        failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "the broker refused %lld records",
                    (long long)load_producer_failed(producer));
    else
        return true;
    return false;
}

void load_producer_close(struct load_producer *producer)
{
    if (producer == NULL)
        return;
    if (producer->topic != NULL)
        rd_kafka_topic_destroy(producer->topic);
    if (producer->handle != NULL) {
        (void)rd_kafka_purge(producer->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(producer->handle);
    }
    free(producer);
}
