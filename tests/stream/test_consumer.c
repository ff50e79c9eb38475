#include "given_mock.h"

TestSuite(consumer, .timeout = 60);

static bool assign_from(struct consumer *consumer, int64_t offset, struct failure *failure)
{
    struct position positions[] = { { .partition = 0, .offset = offset }, { .partition = 1, .offset = 0 } };
    return consumer_assign(consumer, positions, 2, failure);
}

Test(consumer, gives_records_in_order_and_says_when_there_are_no_more)
{
    struct given given = given_mock();
    given_records(&given, 300);
    struct consumer *consumer = given_consumer(&given);
    cr_assert_eq(consumer_events(consumer), (unsigned)EVENT_ASSIGNED);
    size_t assigned_count;
    cr_expect_eq(consumer_assigned(consumer, &assigned_count)[1], 1);
    cr_assert_eq(assigned_count, 2);
    cr_assert(assign_from(consumer, 0, &given.failure));
    int64_t next[2] = { 0 };
    int ends = 0;
    while (ends < 2) {
        size_t count = consumer_take(consumer, 100);
        const struct message *messages = consumer_messages(consumer);
        for (size_t i = 0; i < count; i++) {
            if (messages[i].end) {
                ends++;
                cr_expect_eq(messages[i].offset, next[messages[i].partition]);
                continue;
            }
            cr_assert_eq(messages[i].offset, next[messages[i].partition]++);
            cr_assert(bytes_is_null(messages[i].key) || bytes_equal(messages[i].key, BYTES("odd")));
        }
        consumer_release(consumer);
    }
    cr_expect_eq(next[0] + next[1], 300);
    consumer_close(consumer);
    mock_stop(given.mock);
}

Test(consumer, fails_when_the_place_to_begin_is_gone)
{
    struct given given = given_mock();
    given_records(&given, 10);
    struct consumer *consumer = given_consumer(&given);
    (void)consumer_events(consumer);
    cr_assert(assign_from(consumer, 100000, &given.failure)); /* beyond the end: as after a truncation */
    unsigned events = 0;
    for (int i = 0; i < 100 && !(events & EVENT_FAILED); i++) {
        consumer_take(consumer, 100);
        consumer_release(consumer);
        events |= consumer_events(consumer);
    }
    cr_expect(events & EVENT_FAILED);
    cr_expect_eq(consumer_failure(consumer)->cause, CAUSE_CONFIG);
    consumer_close(consumer);
    mock_stop(given.mock);
}

Test(consumer, says_that_no_broker_answers)
{
    struct property items[] = { { PROPERTY_BOTH, "bootstrap.servers", "127.0.0.1:1" } };
    struct failure failure;
    struct consumer *consumer = consumer_open(
        &(struct consumer_options){ .properties = { items, 1 }, .topic = "in", .group = "g" }, &failure);
    cr_expect_null(consumer);
    cr_expect_eq(failure.cause, CAUSE_UNREACHABLE);
}

Test(consumer, gives_the_headers_of_a_message_in_their_order_to_who_asks)
{
    const struct header sent[] = { { "source", BYTES("vecozo") },
                                   { "empty", BYTES("") },
                                   { "null", BYTES_NULL },
                                   { "source", BYTES("again") } };
    struct given given = given_mock();
    struct producer *producer = given_producer(&given);
    struct outgoing with = { 0, 0, BYTES("k"), BYTES("with") },
                    without = { 0, 0, BYTES("k"), BYTES("without") };
    cr_assert(transaction_begin(producer, &given.failure));
    cr_assert(producer_send_with_headers(producer, &with, sent, COUNT(sent), &given.failure));
    cr_assert_eq(producer_send(producer, &without, 1, &given.failure), 1);
    cr_assert(transaction_commit(producer, &given.failure));
    static const int32_t partitions[] = { 0 };
    struct consumer *consumer =
        consumer_open(&(struct consumer_options){ .properties = given_properties(&given),
                                                  .topic = "out",
                                                  .group = "g",
                                                  .partitions = partitions,
                                                  .partitions_count = 1 },
                      &given.failure);
    cr_assert(consumer && consumer_begin(consumer, &given.failure));
    (void)consumer_events(consumer);
    struct position position = { .partition = 0, .offset = 0 };
    cr_assert(consumer_assign(consumer, &position, 1, &given.failure));
    size_t seen = 0;
    while (seen < 2) {
        size_t count = consumer_take(consumer, 100);
        const struct message *messages = consumer_messages(consumer);
        for (size_t i = 0; i < count; i++) {
            struct header headers[8];
            if (messages[i].end) {
                cr_expect_eq(message_headers(&messages[i], headers, COUNT(headers)), 0);
                continue;
            }
            bool first = bytes_equal(messages[i].value, BYTES("with"));
            seen++;
            cr_expect_eq(message_headers(&messages[i], headers, COUNT(headers)), first ? COUNT(sent) : 0);
            for (size_t h = 0; first && h < COUNT(sent); h++) {
                cr_expect_str_eq(headers[h].name, sent[h].name);
                cr_expect(bytes_is_null(headers[h].value) == bytes_is_null(sent[h].value));
                cr_expect(bytes_equal(headers[h].value, sent[h].value));
            }
            cr_expect_eq(message_headers(&messages[i], headers, 2), first ? 2 : 0);
        }
        consumer_release(consumer);
    }
    consumer_close(consumer);
    producer_close(producer);
    mock_stop(given.mock);
}
