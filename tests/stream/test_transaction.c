#include "given_mock.h"

#include <time.h>

TestSuite(transaction, .timeout = 60);

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One transaction with one record and one offset. */
static bool one_transaction(struct producer *producer, struct consumer *consumer, struct failure *failure)
{
    struct outgoing outgoing = { 0, 1, BYTES("key"), BYTES("value") };
    struct position position = { .partition = 0, .offset = 1, .metadata = "v1;test" };
    return transaction_begin(producer, failure) && producer_send(producer, &outgoing, 1, failure) == 1 &&
           transaction_offsets(producer, consumer, &position, 1, failure) &&
           transaction_commit(producer, failure);
}

Test(transaction, commits_records_and_offsets)
{
    struct given given = given_mock();
    struct consumer *consumer = given_consumer(&given);
    struct producer *producer = given_producer(&given);
    for (int i = 0; i < 3; i++)
        cr_assert(one_transaction(producer, consumer, &given.failure), "%s", given.failure.text);
    consumer_close(consumer);
    producer_close(producer);
    mock_stop(given.mock);
}

Test(transaction, failures_say_what_to_do)
{
    static const struct {
        const char *label;
        enum mock_request request;
        enum mock_error error;
        int times;
        enum remedy remedy; /* NONE: the library gets over it */
    } rows[] = {
        { "a coordinator that loads is waited for", MOCK_ADD_OFFSETS, MOCK_COORDINATOR_LOADING, 1,
          REMEDY_NONE },
        { "a stale generation is aborted", MOCK_TXN_OFFSET_COMMIT, MOCK_ILLEGAL_GENERATION, 1, REMEDY_ABORT },
        { "a fenced producer is replaced", MOCK_END_TXN, MOCK_FENCED, 1, REMEDY_PRODUCER },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct given given = given_mock();
        struct consumer *consumer = given_consumer(&given);
        struct producer *producer = given_producer(&given);
        cr_assert(one_transaction(producer, consumer, &given.failure), "%s", rows[row].label);
        mock_push_error(given.mock, rows[row].request, rows[row].error, rows[row].times);
        given.failure.remedy = REMEDY_NONE;
        bool well = one_transaction(producer, consumer, &given.failure);
        cr_expect_eq(given.failure.remedy, rows[row].remedy, "%s: %d %s", rows[row].label,
                     (int)given.failure.remedy, given.failure.text);
        if (!well && rows[row].remedy == REMEDY_ABORT)
            cr_expect(transaction_abort(producer, &given.failure), "%s: %s", rows[row].label,
                      given.failure.text);
        if (!well && rows[row].remedy == REMEDY_PRODUCER) {
            cr_expect(producer_replace(producer, &given.failure));
            cr_expect(producer_init(producer, 10000, &given.failure), "%s: %s", rows[row].label,
                      given.failure.text);
        }
        cr_expect(one_transaction(producer, consumer, &given.failure), "%s: %s", rows[row].label,
                  given.failure.text);
        consumer_close(consumer);
        producer_close(producer);
        mock_stop(given.mock);
    }
}

/* With a limit of -1 a commit and an abort waited for the broker, however long it was away: the worker could
 * neither stop nor say why. */
Test(transaction, waits_for_a_broker_that_is_away_no_longer_than_the_transaction_may_last)
{
    static const struct {
        const char *label;
        bool (*call)(struct producer *producer, struct failure *failure);
    } rows[] = { { "commit", transaction_commit }, { "abort", transaction_abort } };
    enum { TIMEOUT_MS = 1500, SLACK_MS = 1500 };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct given given = given_mock();
        given.properties[1] = (struct property){ PROPERTY_PRODUCER, "transaction.timeout.ms", "1500" };
        struct outgoing outgoing = { 0, 1, BYTES("key"), BYTES("value") };
        struct producer *producer = given_producer(&given);
        cr_assert(transaction_begin(producer, &given.failure));
        cr_assert_eq(producer_send(producer, &outgoing, 1, &given.failure), 1);
        /* so that the coordinator has something to end */
        cr_assert(producer_flush(producer, 5000, &given.failure));
        mock_set_down(given.mock, true);
        int64_t began_ms = now_ms();
        given.failure.remedy = REMEDY_NONE;
        cr_expect_not(rows[row].call(producer, &given.failure), "%s", rows[row].label);
        cr_expect_lt(now_ms() - began_ms, TIMEOUT_MS + SLACK_MS, "%s took %lld ms", rows[row].label,
                     (long long)(now_ms() - began_ms));
        cr_expect_eq(given.failure.remedy, REMEDY_AGAIN, "%s: %s", rows[row].label, given.failure.text);
        mock_set_down(given.mock, false);
        bool ended = false;
        for (int tries = 0; tries < 20 && !ended; tries++)
            ended = rows[row].call(producer, &given.failure); /* it goes on where it was */
        cr_expect(ended, "%s: %s", rows[row].label, given.failure.text);
        cr_expect(transaction_begin(producer, &given.failure), "%s: %s", rows[row].label, given.failure.text);
        producer_close(producer);
        mock_stop(given.mock);
    }
}

Test(transaction, a_record_that_is_too_large_stops_and_says_how_large)
{
    static char value[200000];
    struct given given = given_mock();
    given.properties[1] = (struct property){ PROPERTY_PRODUCER, "message.max.bytes", "100000" };
    struct producer *producer = given_producer(&given);
    struct outgoing outgoing = { 0, 0, BYTES("key"), { value, sizeof(value) } };
    cr_assert(transaction_begin(producer, &given.failure));
    cr_expect_eq(producer_send(producer, &outgoing, 1, &given.failure), 0);
    cr_expect_eq(given.failure.remedy, REMEDY_STOP);
    cr_expect_eq(given.failure.cause, CAUSE_CONFIG);
    cr_expect_not_null(strstr(given.failure.text, "200000"), "%s", given.failure.text);
    producer_close(producer);
    mock_stop(given.mock);
}
