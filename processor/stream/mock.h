/* mock.h - librdkafka's mock cluster: an embedded broker for the demo and for tests of error paths.
 * Owner:   the process; stop it after every client of it is closed.
 * Errors:  mock_start returns NULL when there is no port or memory left.
 * Threads: any.
 *
 * It proves nothing about exactly-once: it shows aborted records, forgets committed offsets and fences nobody
 * (LIBRARIES.md §2.9). It keeps 5 MiB a partition: a feeder stays a few thousand records ahead of the worker,
 * or records vanish. */
#ifndef BUNDELWACHT_STREAM_MOCK_H
#define BUNDELWACHT_STREAM_MOCK_H

#include "base/bytes.h"

struct mock;
/* That of librdkafka 2.16.0 gives back batches which its own consumer calls damaged. */
bool mock_is_broken(void);
struct mock *mock_start(int brokers_count);
const char *mock_bootstrap_servers(const struct mock *mock); /* lives as long as the mock */
bool mock_create_topic(struct mock *mock, const char *topic, int32_t partitions_count);
void mock_stop(struct mock *mock);
/* For tests: all its brokers go away, or come back. */
void mock_set_down(struct mock *mock, bool down);

/* For tests: the next requests of this kind are answered with this error, `times` times. */
enum mock_request {
    MOCK_ADD_OFFSETS,
    MOCK_TXN_OFFSET_COMMIT,
    MOCK_END_TXN,
    MOCK_PRODUCE,
    MOCK_INIT_PRODUCER
};
enum mock_error {
    MOCK_TRANSPORT,
    MOCK_COORDINATOR_LOADING,
    MOCK_FENCED,
    MOCK_ILLEGAL_GENERATION,
    MOCK_NOT_LEADER
};
void mock_push_error(struct mock *mock, enum mock_request request, enum mock_error error, int times);

#endif
