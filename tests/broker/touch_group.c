/* The touch of a group's offsets on a real broker: its marker comes into their log and nothing else does,
 * whatever state the group is in, so that nothing is left pending by it even when that marker gets lost.
 * usage: touch_group BOOTSTRAP DIRECTORY   (the directory stays empty; with_broker.sh gives one to each
 * program) */
#include "broker_check.h"

#include "base/limits.h"
#include "stream/consumer.h"
#include "stream/output_log.h"
#include "stream/producer.h"
#include "stream/topics.h"
#include "stream/transaction.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT "declarations"
#define OUTPUT "decisions"
#define GROUP "bundelwacht"
#define OFFSETS "__consumer_offsets"
enum { WAIT_MS = 30000, ASK_MS = 1000, OFFSETS_PARTITIONS = 4 /* tests/kafka/kafka.sh */ };

static const char *const topics[] = { OUTPUT };
static struct admin *admin;
static struct output_log *outputs;
static struct producer *producer;

/* Of all partitions together: only one of them is the group's. */
static int64_t offsets_end(void)
{
    int64_t begin, end, sum = 0;
    for (int32_t p = 0; p < OFFSETS_PARTITIONS; p++) {
        check(admin_ends(admin, OFFSETS, p, &begin, &end, &failure));
        sum += end;
    }
    return sum;
}

static int64_t committed(void)
{
    struct position position = { .partition = 0 };
    bool known = false;
    for (int64_t until_us = clock_us() + MICROSECONDS_OF_MS(WAIT_MS); !known && clock_us() < until_us;)
        known = output_log_committed(outputs, &position, 1, ASK_MS, &failure);
    check(known);
    return position.offset;
}

/* The client is told of an end before its markers are written; the next transaction of the same id can send
 * nothing before they are. */
static void wait_for_markers(void)
{
    struct outgoing nothing = { 0, 0, BYTES("k"), BYTES_NULL };
    check(transaction_begin(producer, &failure));
    check(producer_send(producer, &nothing, 1, &failure) == 1);
    check(producer_flush(producer, WAIT_MS, &failure));
    check(transaction_abort(producer, &failure));
}

static void touch_leaves_only_its_marker(const char *when)
{
    int64_t offset = committed(), end = offsets_end();
    check(transaction_begin(producer, &failure));
    check(transaction_touch_group(producer, GROUP, INPUT, &failure));
    check(offsets_end() == end); /* no pending offset */
    check(transaction_abort(producer, &failure));
    wait_for_markers();
    check(offsets_end() == end + 1);
    check(committed() == offset);
    printf("%s: touched, the group is at %lld as before\n", when, (long long)offset);
}

static struct consumer *join(void)
{
    const struct consumer_options options = {
        .properties = list, .topic = INPUT, .group = GROUP, .instance_id = "one", .leave = true
    };
    struct consumer *consumer = consumer_open(&options, &failure);
    unsigned events = 0;
    check(consumer && consumer_begin(consumer, &failure));
    for (int64_t until_us = clock_us() + MICROSECONDS_OF_MS(WAIT_MS);
         !(events & EVENT_ASSIGNED) && clock_us() < until_us;) {
        consumer_take(consumer, 100);
        consumer_release(consumer);
        events |= consumer_events(consumer);
    }
    check(events & EVENT_ASSIGNED);
    return consumer;
}

static void commit(struct consumer *consumer, int64_t offset)
{
    const struct position position = { .partition = 0, .offset = offset, .metadata = "test" };
    check(transaction_begin(producer, &failure));
    check(transaction_offsets(producer, consumer, &position, 1, &failure));
    check(transaction_commit(producer, &failure));
    wait_for_markers();
    check(committed() == offset);
}

static void in_every_state_of_a_group(void)
{
    touch_leaves_only_its_marker("no such group");
    struct consumer *consumer = join();
    touch_leaves_only_its_marker("a member, nothing committed");
    commit(consumer, 7);
    touch_leaves_only_its_marker("a member, and an offset");
    consumer_close(consumer);
    touch_leaves_only_its_marker("an offset, and no member any more");
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 64;
    setvbuf(stdout, NULL, _IOLBF, 0);
    properties[0].value = argv[1];
    const struct output_log_options looking = { .properties = list,
                                                .client_id = "test",
                                                .input_topic = INPUT,
                                                .group = GROUP,
                                                .topics = topics,
                                                .topics_count = COUNT(topics) };
    const struct producer_options sending = { .properties = list,
                                              .transactional_id = "test-000-00",
                                              .client_id = "test",
                                              .topics = topics,
                                              .topics_count = COUNT(topics) };
    check((admin = admin_open(list, &failure)) != NULL);
    make_topic(admin, &(struct topic_plan){ INPUT, 1, NULL, 0 });
    make_topic(admin, &(struct topic_plan){ OUTPUT, 1, NULL, 0 });
    check((outputs = output_log_open(&looking, &failure)) != NULL);
    check((producer = producer_open(&sending, &failure)) != NULL);
    bool ready = false;
    for (int64_t until_us = clock_us() + MICROSECONDS_OF_MS(WAIT_MS); !ready && clock_us() < until_us;)
        ready = producer_init(producer, ASK_MS, &failure);
    check(ready);
    in_every_state_of_a_group();
    producer_close(producer);
    output_log_close(outputs);
    admin_close(admin);
    printf("%d checks\n", checks);
    return 0;
}
