/* cluster.h - what the files of the simulated cluster share; never included from outside of them (the door is
 * sim.h).
 * Owner:   one world per process; `cluster` is set up by sim_begin.
 * Units:   microseconds of the world's clock; offsets.
 * Threads: one.
 *
 * sim.c: time, faults, begin and end. logs.c: what lies in the partitions. coordinator.c: who may write, what
 * was decided, and the markers that say so. group.c: members and offsets, and the consumers. producer.c,
 * outputs.c: the calls of the program. */
#ifndef BUNDELWACHT_TESTS_SIM_CLUSTER_H
#define BUNDELWACHT_TESTS_SIM_CLUSTER_H

#include "sim.h"

#include "stream/consumer.h"
#include "stream/output_log.h"
#include "stream/transaction.h"

enum { INSTANCES_MAX = 8, INSTANCE_BYTES_MAX = 64, HANDLES_MAX = 64 };
enum { LATE_MAX = 16, MARKERS_MAX = 96, PENDING_MAX = 64 };
/* no instance; in the place of an output topic, the group's offsets */
enum { NOBODY = -1, GROUP_OFFSETS = -1 };

/* --- partitions --- */

enum entry_state { ENTRY_PENDING, ENTRY_COMMITTED, ENTRY_ABORTED, ENTRY_MARKER };
struct entry {
    enum entry_state state;
    bool gone;        /* compacted away */
    int64_t producer; /* its id */
    int instance;         /* whose that id is; NOBODY: none of ours */
    char *key, *value;
    size_t key_length, value_length;
    bool key_null, value_null;
    struct header *headers;
    char *header_bytes; /* what they point into */
    size_t headers_count;
    int64_t timestamp;
};
struct log {
    struct entry *entries;
    size_t count, capacity;
    int64_t begin;              /* what was before is deleted */
    size_t read_at, read_count; /* where the reader of sim_committed_record is; so many records it has seen */
};
struct entry *log_add(struct log *log, enum entry_state state, int64_t producer, int instance);
void entry_set(struct entry *entry, struct bytes key, struct bytes value, const struct header *headers,
               size_t headers_count);
struct bytes entry_key(const struct entry *entry);
struct bytes entry_value(const struct entry *entry);
/* The last stable offset: that of the first record of which nobody knows what becomes of it. */
int64_t log_stable(const struct log *log);
/* A marker of that producer id ends all that is open of it here, whatever transaction it was of. */
void log_end(struct log *log, int64_t producer, int instance, bool commit);
void log_release(struct log *log);
/* NULL: it is the input's. */
struct log *log_of_topic(const char *topic, int32_t partition);
int64_t input_end(int32_t partition); /* as far as it has been written by now */

/* --- the coordinator of transactions --- */

/* What it knows of a transactional.id. */
struct transactor {
    int64_t producer; /* its id; 0: none yet */
    int epoch;
    bool ongoing, aborted_last; /* the last that was decided */
    int64_t began_us;
    bool in_outputs[SIM_TOPICS][SIM_PARTITIONS], in_group; /* where the markers of this transaction go */
    int markers_left; /* of the last decided one are on their way; until they are there no other begins */
};
/* Offsets in a transaction that no marker has ended. */
struct pending {
    int64_t producer, written; /* `written` counts: of two the later one holds */
    struct position position;
};
/* A marker on its way. */
struct marker {
    int64_t producer;
    int instance;
    int topic; /* or GROUP_OFFSETS */
    int32_t partition;
    bool commit;
    int64_t at_us;
};
/* An EndTxn that was sent, and may still arrive (KAFKA-17754). */
struct late {
    int instance;
    int64_t producer;
    int epoch;
    bool commit;
    int64_t at_us;
};
void coordinator_end(int instance, bool commit); /* decided; nothing when nothing is ongoing */
void coordinator_pass_time(void);
/* The transaction of this id gets these offsets. */
void coordinator_add_offsets(int instance, const struct position *positions, size_t count);
void coordinator_add_output(int instance, int topic, int32_t partition);
void coordinator_end_late(int instance, int64_t producer, int epoch, bool commit);
/* The next producer of this id: fences the one before. */
void coordinator_renew(int instance);
bool offsets_are_pending(int32_t partition);

/* --- the group --- */

struct member { /* what the group knows of a static member */
    bool known, joined;
    int owner; /* which consumer handle holds the instance; older ones are fenced */
    int64_t seen_us;
};
void group_pass_time(void);
void group_input_grew(void);
/* This consumer's member is of the group's generation. */
bool generation_is_current(const struct consumer *consumer);

/* --- the whole --- */

struct cluster {
    uint64_t random;
    int faults_per_mille, late_per_mille;
    int64_t now_us, look_us, dead_until_us;
    int process; /* whose calls these are */
    sim_commit_fn *commit;
    struct log input[SIM_PARTITIONS];
    int input_per_mille; /* so much of it has been written by now */
    struct log outputs[SIM_TOPICS][SIM_PARTITIONS];
    char instances[INSTANCES_MAX][INSTANCE_BYTES_MAX];
    int instances_count;
    int64_t producers_count, offsets_count; /* given out, and written, so far */
    struct transactor transactors[INSTANCES_MAX];
    struct pending pending[PENDING_MAX];
    size_t pending_count;
    struct marker markers[MARKERS_MAX];
    size_t markers_count;
    struct late late[LATE_MAX];
    size_t late_count;
    struct position committed[SIM_PARTITIONS];
    int64_t committed_written[SIM_PARTITIONS];
    struct member members[INSTANCES_MAX];
    int owners[SIM_PARTITIONS]; /* instances */
    int generation;
    bool rebalancing;
    int consumers_count;
};
extern struct cluster cluster;

int instance_of(const char *name);
int instance_of_producer(int64_t producer); /* NOBODY: it is nobody's, or no longer */

/* --- faults --- */

#define FAULTS(X)                                                                                        \
    X(crash_before) X(crash_after) X(again) X(abortable) X(fatal) X(unknown_done) X(unknown_not_done)    \
    X(repeated_commit) X(late_end) X(broker_death) X(late_marker) X(lost_marker) X(expired) X(foreign)   \
    X(compacted) X(cut)
#define AS_FAULT(name) FAULT_##name,
enum fault { FAULTS(AS_FAULT) FAULT_NONE };
#undef AS_FAULT
#define CAN(name) (1u << FAULT_##name)

/* One of the faults that this call can have (a bit each), or none. */
enum fault draw_fault(unsigned possible);
void count_fault(enum fault fault);
bool chance(int per_mille);
void crash_if(enum fault fault, enum fault here);
bool fails(struct failure *failure, enum remedy remedy, enum failure_cause cause, const char *text);
bool broker_is_dead(void); /* one of them: calls fail, markers get lost */
/* Any answer of a coordinator; without it, whoever tries again and again would do so without end. */
void answer_takes_a_while(void);
/* A question that changes nothing: answered, or not now; false: it is not. */
bool question_is_answered(struct failure *failure);

/* --- handles --- */

enum handle_kind { HANDLE_CONSUMER, HANDLE_PRODUCER, HANDLE_OUTPUT_LOG };
/* Of the process at hand; a handle that a crash left behind is freed with the others of its process. */
void *handle_new(enum handle_kind kind, size_t size);
void handle_free(void *handle);
/* The living ones of a kind, one after the other; NULL: no more. */
void *handle_next(enum handle_kind kind, size_t *at);

#endif
