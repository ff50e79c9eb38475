#include "given_mock.h"

TestSuite(transaction, .timeout = 60);

/* One transaction with one record and one offset. */
static bool one_transaction(struct producer *producer, struct consumer *consumer, struct failure *failure)
{
    struct outgoing outgoing = { 0, 1, BYTES("key"), BYTES("value") };
    struct place place = { .partition = 0, .offset = 1, .metadata = "v1;test" };
    return transaction_begin(producer, failure) && producer_send(producer, &outgoing, 1, failure) == 1 &&
           transaction_offsets(producer, consumer, &place, 1, failure) && transaction_commit(producer, failure);
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
        { "a coordinator that loads is waited for", MOCK_ADD_OFFSETS, MOCK_COORDINATOR_LOADING, 1, REMEDY_NONE },
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
        cr_expect_eq(given.failure.remedy, rows[row].remedy, "%s: %d %s", rows[row].label, (int)given.failure.remedy, given.failure.text);
        if (!well && rows[row].remedy == REMEDY_ABORT)
            cr_expect(transaction_abort(producer, &given.failure), "%s: %s", rows[row].label, given.failure.text);
        if (!well && rows[row].remedy == REMEDY_PRODUCER) {
            cr_expect(producer_replace(producer, &given.failure));
            cr_expect(producer_init(producer, 10000, &given.failure), "%s: %s", rows[row].label, given.failure.text);
        }
        cr_expect(one_transaction(producer, consumer, &given.failure), "%s: %s", rows[row].label, given.failure.text);
        consumer_close(consumer);
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
