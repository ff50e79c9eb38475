/* given_mock.h - an embedded broker with an input topic and one output topic, and a consumer and a producer
 * on it. */
#ifndef BUNDELWACHT_TESTS_STREAM_GIVEN_MOCK_H
#define BUNDELWACHT_TESTS_STREAM_GIVEN_MOCK_H

#include "stream/load_producer.h"
#include "stream/mock.h"
#include "stream/transaction.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct given {
    struct mock *mock;
    struct property properties[4];
    struct property_list list;
    struct failure failure;
};

static inline struct given given_mock(void)
{
    struct given given = { .mock = mock_start(1) };
    cr_assert_not_null(given.mock);
    cr_assert(mock_create_topic(given.mock, "in", 2));
    cr_assert(mock_create_topic(given.mock, "out", 2));
    given.properties[0] =
        (struct property){ PROPERTY_BOTH, "bootstrap.servers", mock_bootstrap_servers(given.mock) };
    given.properties[1] = (struct property){ PROPERTY_CONSUMER, "fetch.wait.max.ms", "5" };
    return given;
}

static inline struct property_list given_properties(struct given *given)
{
    return (struct property_list){ given->properties, 2 };
}

static inline struct consumer *given_consumer(struct given *given)
{
    static const int32_t partitions[] = { 0, 1 };
    struct consumer *consumer =
        consumer_open(&(struct consumer_options){ .properties = given_properties(given),
                                                  .topic = "in",
                                                  .group = "g",
                                                  .partitions = partitions,
                                                  .partitions_count = 2 },
                      &given->failure);
    cr_assert_not_null(consumer, "%s", given->failure.text);
    cr_assert(consumer_begin(consumer, &given->failure));
    return consumer;
}

static inline struct producer *given_producer(struct given *given)
{
    static const char *const topics[] = { "out" };
    struct producer *producer =
        producer_open(&(struct producer_options){ .properties = given_properties(given),
                                                  .transactional_id = "t-00",
                                                  .topics = topics,
                                                  .topics_count = 1 },
                      &given->failure);
    cr_assert_not_null(producer, "%s", given->failure.text);
    cr_assert(producer_init(producer, 10000, &given->failure), "%s", given->failure.text);
    return producer;
}

/* `count` records "0", "1", … with keys that alternate, into partition 0. */
static inline void given_records(struct given *given, int count)
{
    struct load_producer *load =
        load_producer_open(&(struct load_producer_options){ given_properties(given), "in" }, &given->failure);
    cr_assert_not_null(load);
    for (int i = 0; i < count; i++) {
        char text[16];
        int length = snprintf(text, sizeof(text), "%d", i);
        struct load_record record = { .key = i % 2 ? BYTES("odd") : BYTES_NULL,
                                      .value = { text, (size_t)length } };
        cr_assert(load_producer_send(load, &record, &given->failure));
    }
    cr_assert(load_producer_flush(load, 10000, &given->failure));
    load_producer_close(load);
}

#endif
