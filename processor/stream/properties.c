#include "stream/librdkafka.h"

#include "base/limits.h"
#include "base/must.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum {
    FOR_CONSUMER = 1,
    FOR_READER = 2,
    FOR_PRODUCER = 4,
    FOR_ASKER = 8,
    FOR_ALL = 15,
    FOR_READERS = FOR_READER | FOR_ASKER
};
/* OURS: correctness hangs on it, the operator may not change it. */
enum owner { OPEN_TO_ALL, OURS };

#define VERSION_2_2_0 0x02020000
#define VERSION_2_6_1 0x02060100

/* Every property that we set, and why. The figures behind the reasons are in LIBRARIES.md §2.2. */
static const struct property_row {
    const char *name, *value;
    uint8_t handles;
    enum owner owner;
    int version_from, version_below; /* of librdkafka; 0: no bound */
    const char *why;
} rows[] = {
    { "socket.nagle.disable", "true", FOR_ALL, OPEN_TO_ALL, 0, 0,
      "small requests of a commit do not wait for each other" },
    { "retry.backoff.ms", "10", FOR_ALL, OPEN_TO_ALL, 0, 0,
      "a question right after a commit is answered in 11 ms instead of 101" },

    { "enable.sparse.connections", "false", FOR_ASKER, OURS, 0, 0,
      "a question for the end of a log goes to its leader, and the library connects to none for the sake of "
      "a question: one that was away at first is never asked again" },

    { "enable.auto.commit", "false", FOR_CONSUMER | FOR_READERS, OURS, 0, 0,
      "offsets go through the transaction, and nowhere else" },
    { "enable.auto.offset.store", "false", FOR_CONSUMER | FOR_READERS, OURS, 0, 0, "the same" },
    { "auto.offset.reset", "error", FOR_CONSUMER | FOR_READERS, OURS, 0, 0,
      "no silent jump over deleted input" },
    { "enable.partition.eof", "true", FOR_CONSUMER | FOR_READERS, OURS, 0, 0,
      "the end of a log can be a control record, which no message shows" },
    { "partition.assignment.strategy", "range", FOR_CONSUMER, OURS, 0, 0,
      "eager and stable by instance; one protocol, so that no mix can happen" },
    { "check.crcs", "true", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, 0, 0,
      "state is folded from these bytes for years" },
    { "fetch.min.bytes", "65536", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, 0, 0, "fewer, fuller fetches" },
    { "fetch.wait.max.ms", "20", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, 0, 0,
      "but not more than 20 ms later" },
    { "fetch.message.max.bytes", "4194304", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, 0, 0,
      "of a partition in one fetch; a restore reads from the beginning" },
    { "queued.min.messages", "1000000", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, 0, VERSION_2_2_0,
      "a full queue waits a whole second there: keep it from filling" },
    { "queued.min.messages", "50000", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, VERSION_2_2_0, 0,
      "enough with the back-off below, in a quarter of the memory" },
    { "fetch.queue.backoff.ms", "1", FOR_CONSUMER | FOR_READERS, OPEN_TO_ALL, VERSION_2_2_0, 0,
      "the same wait, where it can be set" },

    { "enable.idempotence", "true", FOR_PRODUCER, OURS, 0, 0, "order and once within a partition" },
    { "transaction.timeout.ms", "10000", FOR_PRODUCER, OPEN_TO_ALL, 0, 0,
      "a dead owner blocks its partitions for this long" },
    { "compression.type", "lz4", FOR_PRODUCER, OPEN_TO_ALL, 0, 0, "cheapest of client and broker together" },
    { "linger.ms", "20", FOR_PRODUCER, OPEN_TO_ALL, 0, 0,
      "a fifth less CPU than 5; a commit flushes anyway" },
    { "queue.buffering.max.messages", "200000", FOR_PRODUCER, OPEN_TO_ALL, 0, 0,
      "at least twice the records of a transaction" },
    { "message.max.bytes", "100000000", FOR_PRODUCER, OPEN_TO_ALL, 0, 0,
      "a dead letter carries an original that may be larger than our own outputs; the topic has the last "
      "word" },
    { "delivery.report.only.error", "true", FOR_PRODUCER, OPEN_TO_ALL, 0, 0,
      "the commit already tells success" },
};

/* Set by us per handle, so the operator may not. */
static const char *const ours[] = {
    "group.id", "group.instance.id", "transactional.id", "isolation.level", "client.id",
};

static _Atomic(stream_talk_fn *) talk_to;

void stream_set_talk(stream_talk_fn *talk)
{
    atomic_store(&talk_to, talk);
}

const char *stream_library_version(void)
{
    return rd_kafka_version_str();
}

static const char *value_of(struct property_list list, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].name, name) == 0)
            value = list.items[i].value;
    return value;
}

const char *stream_library_warning(struct property_list list)
{
    const char *mechanism = value_of(list, "sasl.mechanism") ? value_of(list, "sasl.mechanism")
                                                             : value_of(list, "sasl.mechanisms");
    if (mechanism && strncmp(mechanism, "SCRAM-", 6) == 0 && rd_kafka_version() < VERSION_2_6_1)
        return "librdkafka before 2.6.1 cannot log in by SCRAM to Kafka 4 (\"invalid credentials\" though "
               "the password is right): use a newer librdkafka, or "
               "another mechanism";
    return NULL;
}

void stream_talk(const char *who, const char *text)
{
    char line[FAILURE_TEXT_BYTES];
    stream_talk_fn *talk = atomic_load(&talk_to);
    if (!talk || !text)
        return;
    snprintf(line, sizeof(line), "%s%s", who, text);
    talk(line);
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    char line[FAILURE_TEXT_BYTES];
    (void)handle;
    /* CONFWARN speaks of properties that the other kind of handle needs; FAIL and ERROR come through the
     * error callbacks as well. */
    if (level > 4 || strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "FAIL") == 0 ||
        strcmp(facility, "ERROR") == 0)
        return;
    snprintf(line, sizeof(line), "%s: %s", facility, text);
    stream_talk("kafka: ", line);
}

static uint8_t handles_of(enum handle_kind kind)
{
    static const uint8_t handles[] = { [HANDLE_CONSUMER] = FOR_CONSUMER,
                                       [HANDLE_READER] = FOR_READER,
                                       [HANDLE_PRODUCER] = FOR_PRODUCER,
                                       [HANDLE_ASKER] = FOR_ASKER };
    return handles[kind];
}

static bool version_fits(const struct property_row *row)
{
    int version = rd_kafka_version();
    return version >= row->version_from && (row->version_below == 0 || version < row->version_below);
}

static bool is_ours(const char *name)
{
    for (size_t i = 0; i < COUNT(ours); i++)
        if (strcmp(ours[i], name) == 0)
            return true;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].owner == OURS && strcmp(rows[i].name, name) == 0)
            return true;
    return false;
}

static bool conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct failure *failure)
{
    char ignored[256]; /* the library's sentence may hold the value, and that may be a password */
    switch (rd_kafka_conf_set(conf, name, value, ignored, sizeof(ignored))) {
    case RD_KAFKA_CONF_OK:
        return true;
    case RD_KAFKA_CONF_UNKNOWN:
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "librdkafka %s has no property \"%s\"",
                    rd_kafka_version_str(), name);
        return false;
    default:
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG,
                    "the property \"%s\" does not take the value that it was given", name);
        return false;
    }
}

static bool conf_set_rows(rd_kafka_conf_t *conf, enum handle_kind kind, struct failure *failure)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if ((rows[i].handles & handles_of(kind)) && version_fits(&rows[i]) &&
            !conf_set(conf, rows[i].name, rows[i].value, failure))
            return false;
    return true;
}

static bool is_for(const struct property *property, enum handle_kind kind)
{
    return property->client == PROPERTY_BOTH ||
           (property->client == PROPERTY_PRODUCER) == (kind == HANDLE_PRODUCER);
}

static bool conf_set_list(rd_kafka_conf_t *conf, enum handle_kind kind, struct property_list list,
                          struct failure *failure)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct property *property = &list.items[i];
        if (strcmp(property->name, "group.protocol") == 0 && strcmp(property->value, "classic") != 0) {
            failure_set(failure, REMEDY_STOP, CAUSE_CONFIG,
                        "kafka: group.protocol: only `classic` works here: partitions are given back before "
                        "they move, and each process keeps its place in "
                        "the group (static membership with sessions of our own), which the protocol of "
                        "KIP-848 does otherwise");
            return false;
        }
        if (is_ours(property->name)) {
            failure_set(failure, REMEDY_STOP, CAUSE_CONFIG,
                        "the property \"%s\" cannot be set under `kafka:`: exactly-once hangs on it, "
                        "bundelwacht sets it itself",
                        property->name);
            return false;
        }
        if (is_for(property, kind) && !conf_set(conf, property->name, property->value, failure))
            return false;
    }
    return true;
}

rd_kafka_conf_t *properties_conf(enum handle_kind kind, struct property_list list, const struct property *own,
                                 size_t own_count, void *opaque, struct failure *failure)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool set = conf_set_rows(conf, kind, failure) && conf_set_list(conf, kind, list, failure);
    for (size_t i = 0; i < own_count && set; i++)
        set = conf_set(conf, own[i].name, own[i].value, failure);
    if (!set) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_opaque(conf, opaque);
    return conf;
}

rd_kafka_t *handle_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES - 64];
    rd_kafka_t *handle = rd_kafka_new(type, conf, text, sizeof(text));
    if (!handle) {
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "could not make a Kafka client: %s", text);
        rd_kafka_conf_destroy(conf);
    }
    return handle;
}

enum { METADATA_WAIT_MS = 10000, TOPIC_NAME_WHAT_BYTES = TOPIC_NAME_BYTES_MAX + 20 };

void handle_refresh(rd_kafka_t *handle, const char *topic, int wait_ms)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *name = rd_kafka_topic_new(handle, topic, NULL);
    if (name && rd_kafka_metadata(handle, 0, name, &metadata, wait_ms) == RD_KAFKA_RESP_ERR_NO_ERROR)
        rd_kafka_metadata_destroy(metadata);
    if (name)
        rd_kafka_topic_destroy(name);
}

bool handle_meets_topic(rd_kafka_t *handle, const char *topic, int32_t *ret_partitions_count,
                        struct failure *failure)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *name = rd_kafka_topic_new(handle, topic, NULL);
    must(name != NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(handle, 0, name, &metadata, METADATA_WAIT_MS);
    rd_kafka_topic_destroy(name);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        failure_of_code(code, NULL, "reach a broker of `bootstrap.servers`", failure);
        return false;
    }
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    *ret_partitions_count = code == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
        return true;
    char what[TOPIC_NAME_WHAT_BYTES];
    snprintf(what, sizeof(what), "see topic \"%s\"", topic);
    failure_of_code(code, NULL, what, failure);
    return false;
}
