/* at_least_once.c - the same program without transactions, to see what exactly-once costs: preloaded before
 * librdkafka (LD_PRELOAD), it takes the transactional.id away, and a commit becomes a flush and a plain
 * commit of the offsets.
 *     cc -shared -fPIC bench/at_least_once.c -ldl -o at_least_once.so */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <string.h>

static __thread rd_kafka_t *consumer;                    /* each worker opens its own, in its own thread */
static __thread rd_kafka_topic_partition_list_t *offsets; /* of the "transaction" at hand */

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

rd_kafka_conf_res_t rd_kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, char *error,
                                      size_t error_size)
{
    rd_kafka_conf_res_t (*set)(rd_kafka_conf_t *, const char *, const char *, char *, size_t) =
        (rd_kafka_conf_res_t(*)(rd_kafka_conf_t *, const char *, const char *, char *, size_t))real(
            "rd_kafka_conf_set");
    if (strcmp(name, "transactional.id") == 0)
        return set(conf, "enable.idempotence", "true", error, error_size);
    return set(conf, name, value, error, error_size);
}

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *error, size_t error_size)
{
    rd_kafka_t *(*make)(rd_kafka_type_t, rd_kafka_conf_t *, char *, size_t) =
        (rd_kafka_t * (*)(rd_kafka_type_t, rd_kafka_conf_t *, char *, size_t)) real("rd_kafka_new");
    rd_kafka_t *handle = make(type, conf, error, error_size);
    if (type == RD_KAFKA_CONSUMER)
        consumer = handle;
    return handle;
}

rd_kafka_error_t *rd_kafka_init_transactions(rd_kafka_t *producer, int wait_ms)
{
    (void)producer;
    (void)wait_ms;
    return NULL;
}

rd_kafka_error_t *rd_kafka_begin_transaction(rd_kafka_t *producer)
{
    (void)producer;
    return NULL;
}

rd_kafka_error_t *rd_kafka_send_offsets_to_transaction(rd_kafka_t *producer,
                                                       const rd_kafka_topic_partition_list_t *places,
                                                       const rd_kafka_consumer_group_metadata_t *group,
                                                       int wait_ms)
{
    (void)producer;
    (void)group;
    (void)wait_ms;
    if (offsets)
        rd_kafka_topic_partition_list_destroy(offsets);
    offsets = rd_kafka_topic_partition_list_copy(places);
    return NULL;
}

static void drop_offsets(void)
{
    if (offsets)
        rd_kafka_topic_partition_list_destroy(offsets);
    offsets = NULL;
}

rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *producer, int wait_ms)
{
    (void)wait_ms;
    rd_kafka_resp_err_t code = rd_kafka_flush(producer, 60000);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && offsets)
        code = rd_kafka_commit(consumer, offsets, 0);
    drop_offsets();
    return code ? rd_kafka_error_new(code, "%s", rd_kafka_err2str(code)) : NULL;
}

rd_kafka_error_t *rd_kafka_abort_transaction(rd_kafka_t *producer, int wait_ms)
{
    (void)producer;
    (void)wait_ms;
    drop_offsets();
    return NULL;
}
