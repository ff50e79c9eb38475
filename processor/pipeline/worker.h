/* worker.h - one thread with its consumer, its transactional producer and the partitions that it has now.
 * Owner:   the pipeline owns its workers; a worker owns all that hangs on it. What all workers share is
 * constant.
 * Units:   microseconds of clock_us.
 * Errors:  worker->failure, with REMEDY_STOP: the worker cannot go on, and says why.
 * Threads: one, but for the atomics. */
#ifndef BUNDELWACHT_PIPELINE_WORKER_H
#define BUNDELWACHT_PIPELINE_WORKER_H

#include "ops/counters.h"
#include "pipeline/checkpoint_topic.h"
#include "pipeline/checkpointing.h"
#include "pipeline/commit.h"
#include "pipeline/commit_metadata.h"
#include "pipeline/assignment.h"
#include "pipeline/figures.h"
#include "pipeline/partition.h"
#include "pipeline/pipeline.h"
#include "stream/output_log.h"
#include "stream/topics.h"
#include "stream/transaction.h"

#include <pthread.h>
#include <stdatomic.h>

/* Constant while workers run, but for `stop`. */
struct shared {
    const struct pipeline_options *options;
    struct admin *admin;
    /* to look at a record of the input again; NULL: not looked at (demo, tests/sim) */
    struct output_log *inputs;
    struct output_log *outputs; /* NULL: the embedded broker's are not looked at */
    int32_t partitions_count;
    const char *topics[TOPIC_COUNT];
    struct versions versions;          /* of the commits that we make under our own rules */
    struct book_versions *book_versions;
    struct checkpoint_thread *checkpoints; /* NULL: none are taken (demo) */
    bool has_checkpoint_topic;             /* else they stay on this machine */
    struct checkpoint_topic_options checkpoint_topic;
    char checkpoint_topic_name[PIPELINE_TOPIC_BYTES];
    int64_t retention_us;                  /* of the input; -1: for ever, or not known */
    char cluster[CHECKPOINT_CLUSTER_BYTES];
    bool at_once;                        /* no helper threads (tests/sim) */
    int64_t *ends;                       /* with until_end: where each partition ended at the start */
    atomic_bool stop;
};

#define INSTANCE_BYTES WRITER_BYTES

struct worker {
    struct shared *shared;
    int32_t number;
    char instance[INSTANCE_BYTES]; /* group.instance.id and transactional.id */
    struct consumer *consumer;
    struct producer *producer;
    int64_t hanging_looked_us, visible_looked_us, unknown_said_us;
    struct same_log {
        bool is_due, stood_still;
        int breaks_count;
        int64_t looked_us, turned_us;
    } same_log;
    struct decoder *decoder;
    struct partition *partitions; /* by number, all of the topic */
    struct assignment assignment;
    struct commit commit;
    size_t batch_at, batch_count; /* messages taken and not yet folded */
    size_t outbox_records, outbox_bytes;
    int64_t folded_records, folded_us; /* since the start: how long folding takes */
    struct partition *snapshotting;        /* whose snapshot was begun last; or NULL */
    bool said_older;                   /* that the group goes by a newer book than ours */
    bool said_partitioner;             /* that another one than ours seems to put the records */
    struct failure failure;
    struct counters counters;
    struct figures figures;
    pthread_mutex_t call_lock;  /* of the next two: the producer lives while another thread is at it */
    /* it is in a call that can hang inside of librdkafka (producer_poke); NULL: it is not */
    struct producer *calling;
    int64_t call_since_us;
    atomic_bool caught_up; /* with until_end: all that it has is at its end, and committed */
    atomic_bool ended;     /* the thread is about to return; failure may be read */
};

struct worker *worker_new(struct shared *shared, int32_t number);
void worker_free(struct worker *worker);
/* Connects, becomes the only one with its transactional.id, joins the group. */
bool worker_open(struct worker *worker);
/* One step: never waits longer than one answer of Kafka. False: it failed. */
bool worker_turn(struct worker *worker);
/* Finishes the transaction (unless it failed) and gives the partitions back. */
void worker_close(struct worker *worker);
/* All of it: open, turn until shared->stop or a failure, close. */
void *worker_main(void *worker);

#endif
