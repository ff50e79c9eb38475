#include "stream/topics.h"

#include "stream/consumer.h"
#include "stream/librdkafka.h"

#include "base/limits.h"
#include "base/memory.h"
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASK_WAIT_MS = 10000,
    ADMIN_WAIT_MS = 30000,
    REFRESH_WAIT_MS = 1000,
    DESCRIBE_GROUP_MAX_MS = 3600 * 1000
};

struct admin {
    rd_kafka_t *handle;
};

/* A consumer that never joins: the one kind of handle that takes isolation.level. */
struct admin *admin_open(struct property_list properties, struct failure *failure)
{
    static const struct property own[] = {
        { PROPERTY_BOTH, "group.id", "bundelwacht-admin" },
        { PROPERTY_BOTH, "isolation.level", "read_uncommitted" },
        { PROPERTY_BOTH, "client.id", "bundelwacht-admin" },
    };
    rd_kafka_conf_t *conf = properties_conf(HANDLE_ASKER, properties, own, COUNT(own), NULL, failure);
    rd_kafka_t *handle = conf ? handle_new(RD_KAFKA_CONSUMER, conf, failure) : NULL;
    if (!handle)
        return NULL;
    struct admin *admin = memory_alloc(1, sizeof(*admin));
    admin->handle = handle;
    return admin;
}

void admin_close(struct admin *admin)
{
    rd_kafka_destroy_flags(admin->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); /* it never joined */
    memory_free(admin);
}

bool admin_cluster(struct admin *admin, char *ret_id, size_t size, struct failure *failure)
{
    char *id = rd_kafka_clusterid(admin->handle, ASK_WAIT_MS);
    int length = snprintf(ret_id, size, "%s", id ? id : "");
    if (id)
        rd_kafka_mem_free(admin->handle, id);
    if (length >= 0 && (size_t)length < size)
        return true;
    failure_set(failure, REMEDY_STOP, CAUSE_KAFKA, "the cluster's id is longer than %zu bytes", size - 1);
    return false;
}

bool admin_partitions(struct admin *admin, const char *topic, int32_t *ret_partitions_count,
                      struct failure *failure)
{
    return handle_meets_topic(admin->handle, topic, ret_partitions_count, failure);
}

bool admin_ends(struct admin *admin, const char *topic, int32_t partition, int64_t *ret_begin,
                int64_t *ret_end, struct failure *failure)
{
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(admin->handle, topic, partition, ret_begin, ret_end, ASK_WAIT_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    char what[TOPIC_NAME_BYTES_MAX + 80];
    snprintf(what, sizeof(what), "ask where \"%s\" partition %d begins and ends", topic, (int)partition);
    handle_refresh(admin->handle, topic, REFRESH_WAIT_MS); /* for the next time */
    failure_of_code(code, NULL, what, failure);
    return false;
}

bool admin_offset_at(struct admin *admin, const char *topic, int32_t partition, int64_t at_ms,
                     int64_t *ret_offset, struct failure *failure)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = at_ms;
    rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(admin->handle, list, ASK_WAIT_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = list->elems[0].err;
    *ret_offset = list->elems[0].offset >= 0 ? list->elems[0].offset : OFFSET_NONE;
    rd_kafka_topic_partition_list_destroy(list);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    char what[TOPIC_NAME_BYTES_MAX + 80];
    snprintf(what, sizeof(what), "ask for a time in \"%s\" partition %d", topic, (int)partition);
    failure_of_code(code, NULL, what, failure);
    return false;
}

/* --- the Admin API: a request, its event, and a look into it --- */

static bool await(rd_kafka_queue_t *queue, look_fn *look, void *into, int wait_ms, const char *what,
                  struct failure *failure)
{
    const char *detail = NULL;
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, wait_ms);
    rd_kafka_resp_err_t code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = look(event, into, &detail);
    else if (event)
        detail = rd_kafka_event_error_string(event);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        failure_of_code(code, detail, what, failure);
    if (event)
        rd_kafka_event_destroy(event);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

bool admin_describe_group(rd_kafka_t *handle, const char *group, look_fn *look, void *into, int wait_ms,
                          const char *what, struct failure *failure)
{
    char error[200];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    must(rd_kafka_AdminOptions_set_request_timeout(options, DESCRIBE_GROUP_MAX_MS, error, sizeof(error)) ==
         RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_DescribeConsumerGroups(handle, &group, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);
    bool described = await(queue, look, into, wait_ms, what, failure);
    rd_kafka_queue_destroy(queue);
    return described;
}

/* Brokers before 3.6 have one bound for both directions; those between 3.6 and 4.0 have both names, and the
 * older one may narrow the newer. */
static void look_at_timestamps(const char *name, const char *value, struct topic_config *config)
{
    if (strcmp(name, "message.timestamp.after.max.ms") != 0 &&
        strcmp(name, "message.timestamp.difference.max.ms") != 0)
        return;
    int64_t max_ms = strtoll(value, NULL, 10);
    if (config->timestamp_ahead_ms_max < 0 || max_ms < config->timestamp_ahead_ms_max)
        config->timestamp_ahead_ms_max = max_ms;
}

static void look_at_entry(const char *name, const char *value, struct topic_config *config)
{
    if (!value)
        return;
    if (strcmp(name, "cleanup.policy") == 0)
        config->compacted = strstr(value, "compact") != NULL;
    else if (strcmp(name, "max.message.bytes") == 0)
        config->message_bytes_max = strtoll(value, NULL, 10);
    else if (strcmp(name, "retention.ms") == 0)
        config->retention_ms = strtoll(value, NULL, 10);
    else if (strcmp(name, "message.timestamp.type") == 0)
        config->producers_set_timestamps = strcmp(value, "CreateTime") == 0;
    else
        look_at_timestamps(name, value, config);
}

static rd_kafka_resp_err_t look_at_config(rd_kafka_event_t *event, void *into, const char **ret_detail)
{
    size_t resources_count, entries_count;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources =
        rd_kafka_DescribeConfigs_result_resources(result, &resources_count);
    if (resources_count != 1)
        return RD_KAFKA_RESP_ERR__FAIL;
    rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[0]);
    *ret_detail = rd_kafka_ConfigResource_error_string(resources[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return code;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &entries_count);
    for (size_t i = 0; i < entries_count; i++)
        look_at_entry(rd_kafka_ConfigEntry_name(entries[i]), rd_kafka_ConfigEntry_value(entries[i]), into);
    return code;
}

bool admin_config(struct admin *admin, const char *topic, struct topic_config *ret_config,
                  struct failure *failure)
{
    char what[TOPIC_NAME_BYTES_MAX + 40];
    snprintf(what, sizeof(what), "ask for the settings of topic \"%s\"", topic);
    *ret_config = (struct topic_config){
        .message_bytes_max = -1, .retention_ms = -1, .timestamp_ahead_ms_max = -1
    };
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->handle);
    rd_kafka_DescribeConfigs(admin->handle, &resource, 1, NULL, queue);
    bool known = await(queue, look_at_config, ret_config, ADMIN_WAIT_MS, what, failure);
    rd_kafka_queue_destroy(queue);
    rd_kafka_ConfigResource_destroy(resource);
    return known;
}

static rd_kafka_resp_err_t look_at_created(rd_kafka_event_t *event, void *into, const char **ret_detail)
{
    size_t count;
    (void)into;
    const rd_kafka_topic_result_t **topics =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    if (count != 1)
        return RD_KAFKA_RESP_ERR__FAIL;
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(topics[0]);
    *ret_detail = rd_kafka_topic_result_error_string(topics[0]);
    return code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? RD_KAFKA_RESP_ERR_NO_ERROR : code;
}

static rd_kafka_NewTopic_t *new_topic(const struct topic_plan *plan, struct failure *failure)
{
    char text[FAILURE_TEXT_BYTES / 2];
    enum { BROKERS_OWN_REPLICATION = -1 };
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(plan->name, plan->partitions_count,
                                                       BROKERS_OWN_REPLICATION, text, sizeof(text));
    if (!topic) {
        failure_set(failure, REMEDY_STOP, CAUSE_CONFIG, "could not plan topic \"%s\": %s", plan->name, text);
        return NULL;
    }
    for (size_t i = 0; i < plan->config_count; i++)
        rd_kafka_NewTopic_set_config(topic, plan->config[i].name, plan->config[i].value);
    return topic;
}

bool admin_create(struct admin *admin, const struct topic_plan *plan, struct failure *failure)
{
    char what[TOPIC_NAME_BYTES_MAX + 40];
    rd_kafka_NewTopic_t *topic = new_topic(plan, failure);
    if (!topic)
        return false;
    snprintf(what, sizeof(what), "create topic \"%s\"", plan->name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin->handle);
    rd_kafka_CreateTopics(admin->handle, &topic, 1, NULL, queue);
    bool created = await(queue, look_at_created, NULL, ADMIN_WAIT_MS, what, failure);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return created;
}
