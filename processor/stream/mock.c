#include "stream/mock.h"

#include "stream/librdkafka.h"

#include "base/memory.h"
#include "base/must.h"

#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

struct mock {
    rd_kafka_t *handle;
    rd_kafka_mock_cluster_t *cluster;
    int brokers_count;
};

bool mock_is_broken(void)
{
    enum { VERSION_2_16_0 = 0x02100000, VERSION_2_16_1 = 0x02100100 };
    return rd_kafka_version() >= VERSION_2_16_0 && rd_kafka_version() < VERSION_2_16_1;
}

struct mock *mock_start(int brokers_count)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    /* it warns that it knows no broker: it is to be one */
    (void)rd_kafka_conf_set(conf, "log_level", "3", text, sizeof(text));
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
    if (!handle) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(handle, brokers_count);
    if (!cluster) {
        rd_kafka_destroy(handle);
        return NULL;
    }
    struct mock *mock = memory_alloc(1, sizeof(*mock));
    *mock = (struct mock){ handle, cluster, brokers_count };
    return mock;
}

const char *mock_bootstrap_servers(const struct mock *mock)
{
    return rd_kafka_mock_cluster_bootstraps(mock->cluster);
}

bool mock_create_topic(struct mock *mock, const char *topic, int32_t partitions_count)
{
    return rd_kafka_mock_topic_create(mock->cluster, topic, partitions_count, 1) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
}

void mock_set_down(struct mock *mock, bool down)
{
    for (int32_t broker = 1; broker <= mock->brokers_count; broker++)
        if (down)
            rd_kafka_mock_broker_set_down(mock->cluster, broker);
        else
            rd_kafka_mock_broker_set_up(mock->cluster, broker);
}

void mock_stop(struct mock *mock)
{
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->handle);
    memory_free(mock);
}

/* Keys of Kafka's protocol. */
static const int16_t request_keys[] = {
    [MOCK_ADD_OFFSETS] = 25, [MOCK_TXN_OFFSET_COMMIT] = 28, [MOCK_END_TXN] = 26,
    [MOCK_PRODUCE] = 0,      [MOCK_INIT_PRODUCER] = 22,
};
static const rd_kafka_resp_err_t error_codes[] = {
    [MOCK_TRANSPORT] = RD_KAFKA_RESP_ERR__TRANSPORT,
    [MOCK_COORDINATOR_LOADING] = RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
    [MOCK_FENCED] = RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
    [MOCK_ILLEGAL_GENERATION] = RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
    [MOCK_NOT_LEADER] = RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
};

void mock_push_error(struct mock *mock, enum mock_request request, enum mock_error error, int times)
{
    for (int i = 0; i < times; i++)
        rd_kafka_mock_push_request_errors(mock->cluster, request_keys[request], 1, error_codes[error]);
}
