/* sim.h - a simulated cluster behind the headers of `stream` (design §8): partitions with markers that come
 * late or never, transactions with producer ids, epochs and time-outs, a group with generations and static
 * members, and a fault wherever a call could have one. Chosen when linking; no function pointers. What it
 * assumes of real brokers: README.md.
 * Owner:   one world per process, sim_begin to sim_end.
 * Units:   microseconds of the world's own clock (it stands behind clock_us, too).
 * Threads: one. A crash leaves the call by longjmp to sim_crashed; the worker's memory is then freed without
 * closing it. */
#ifndef BUNDELWACHT_TESTS_SIM_SIM_H
#define BUNDELWACHT_TESTS_SIM_SIM_H

#include "base/bytes.h"

#include <setjmp.h>

#define SIM_PARTITIONS 3
#define SIM_TOPICS 4
#define SIM_SESSION_US 6000000
#define SIM_TRANSACTION_TIMEOUT_MS 3000

extern const char *const sim_topic_names[SIM_TOPICS]; /* by number, as in pipeline/outbox.h */

extern jmp_buf sim_crashed;

/* What the judge found: it stands where sim_failure_text points to (SIM_FAILURE_BYTES), and the process ends
 * with SIM_FAILED. */
#define SIM_FAILED 3
#define SIM_FAILURE_BYTES 400
extern char *sim_failure_text;
_Noreturn __attribute__((format(printf, 1, 2))) void sim_fail(const char *format, ...);

struct position;
struct header;
struct consumer;
/* Of each offset that becomes true, at that moment. */
typedef void sim_commit_fn(int32_t partition, const struct position *position);

void sim_begin(uint64_t seed);
void sim_end(void);
void sim_faults(int per_mille); /* of each call, from now on */
uint64_t sim_draw(uint64_t below);
void sim_process(int number); /* whose calls the next ones are */
void sim_pass_time(int64_t us); /* transactions run out, members that were not seen are thrown out */
void sim_on_commit(sim_commit_fn *commit);
void sim_look_takes(int64_t us); /* so long between two looks at the clock; 20 at first */
void sim_input(int32_t partition, struct bytes key, struct bytes value, int64_t timestamp);
/* False: a marker. */
bool sim_input_record(int32_t partition, int64_t offset, struct bytes *ret_key, struct bytes *ret_value,
                      int64_t *ret_timestamp);
int64_t sim_input_last(int32_t partition); /* the offset of its last record; -1: none */
int64_t sim_input_end(int32_t partition);  /* as far as it has been written by now */
/* The topic was made anew, or this is another cluster: the record there is another one. */
void sim_change_record(int32_t partition, int64_t offset);
int64_t sim_input_begin(int32_t partition);
void sim_delete_before(int32_t partition, int64_t offset); /* retention */
/* So much of the input has been written by now; never less than before. */
void sim_reveal(int per_mille);
/* The worker of this instance is alive, and its heartbeats come through. */
void sim_heartbeat(const char *instance, const struct consumer *consumer);
/* What a crash of the process at hand leaves behind is no longer used by anybody. */
void sim_forget_handles(void);

/* --- what brokers do --- */

/* For a while calls fail, and each marker of what is decided meanwhile, or was on its way, comes on time,
 * late or never. */
void sim_broker_dies(void);
void sim_markers_late(int per_mille); /* without a death, too */
/* The coordinator forgets the transactional.id of a process that is away. Nothing when it is in the middle of
 * something. */
void sim_id_expires(const char *name);
/* Somebody else's, in one of the output partitions; it ends by itself. */
void sim_foreign_transaction(void);
/* Retention or compaction of one of the output partitions. */
void sim_outputs_age(bool nobody_lives);
/* kafka-transactions.sh abort, for what no transactional.id can end any more, and nothing else. */
void sim_operator_ends_hanging(void);

/* --- what a reader sees --- */

struct sim_record {
    struct bytes key, value;
    const struct header *headers;
    size_t headers_count;
    const char *writer; /* its transactional.id; NULL: none of ours */
};
/* What a read_committed reader of an output partition sees as its number `at`; false: no more now.
 * Partition-wise over all topics, in the order of each topic. It reads all the time: nothing vanishes before
 * it was seen here. */
bool sim_committed_record(int topic, int32_t partition, size_t at, struct sim_record *ret_record);
int64_t sim_committed_offset(int32_t partition); /* of the group */
/* How often each fault was drawn, to see that all of them were. */
void sim_print_faults(void);

#endif
