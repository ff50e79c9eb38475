#include "pipeline/figures.h"

#include "base/memory.h"
#include "pipeline/worker.h"
#include "system/clock.h"

enum { LOOK_SECONDS = 1 };

const int64_t commit_bounds_us[COMMIT_BOUNDS] = COMMIT_BOUNDS_US;

void figures_open(struct figures *figures, int32_t partitions_max)
{
    pthread_mutex_init(&figures->lock, NULL);
    figures->partitions = memory_alloc_zeroed((size_t)partitions_max, sizeof(*figures->partitions));
}

void figures_release(struct figures *figures)
{
    pthread_mutex_destroy(&figures->lock);
    memory_free(figures->partitions);
}

/* --- counts --- */

/* One writer: no need for a locked instruction. */
static void add(_Atomic int64_t *figure)
{
    atomic_store_explicit(figure, atomic_load_explicit(figure, memory_order_relaxed) + 1,
                          memory_order_relaxed);
}

void figures_count_outputs(struct figures *figures, const struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->count; i++) {
        const struct outbox_record *record = &outbox->records[i];
        if (record->topic == TOPIC_DECISIONS)
            add(&figures->decisions[record->what]);
        else if (record->topic == TOPIC_ALERTS)
            add(&figures->alerts[record->what][record->action]);
        else if (record->topic == TOPIC_DEAD_LETTERS)
            add(&figures->dead_letters[record->what]);
    }
}

void figures_count_commit(struct figures *figures, int64_t took_us)
{
    size_t bucket = 0;
    while (bucket < COMMIT_BOUNDS && took_us > commit_bounds_us[bucket])
        bucket++;
    add(&figures->commits[bucket]);
}

/* --- how its partitions are --- */

static void look(const struct worker *worker, const struct partition *partition,
                 struct partition_figures *figures)
{
    *figures = (struct partition_figures){
        .number = partition->number,
        .phase = partition->phase,
        .restores = partition->restoring || partition_restores(partition),
        .committed = partition->committed,
        .next = partition->next,
        .end = consumer_end_known(worker->consumer, partition->number),
        .record_ms = partition->record_ms,
        .committed_us = partition->committed_us,
        .checkpoint_us = partition->checkpoint_us,
        .checkpoint_offset = partition->checkpoint_offset,
        .as_of = partition->fold ? fold_as_of(partition->fold) : INT32_MIN,
        .unseen = (int64_t)partition->unconfirmed.records,
        .outbox = (int64_t)partition->outbox.count,
    };
    if (partition->fold)
        figures->sums = fold_sums(partition->fold);
}

void figures_turn(struct worker *worker)
{
    struct figures *figures = &worker->figures;
    int64_t now_us = clock_us();
    atomic_store_explicit(&figures->turned_us, now_us, memory_order_relaxed);
    atomic_store_explicit(&figures->assignment_state, worker->assignment.state, memory_order_relaxed);
    if (now_us - figures->taken_us < MICROSECONDS_OF_S(LOOK_SECONDS))
        return;
    figures->taken_us = now_us;
    pthread_mutex_lock(&figures->lock);
    figures->partitions_count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (partition_is_owned(&worker->partitions[p]))
            look(worker, &worker->partitions[p], &figures->partitions[figures->partitions_count++]);
    pthread_mutex_unlock(&figures->lock);
}

size_t figures_partitions(struct figures *figures, struct partition_figures **ret_partitions)
{
    pthread_mutex_lock(&figures->lock);
    size_t count = figures->partitions_count;
    *ret_partitions = memory_alloc(count + 1, sizeof(**ret_partitions));
    memcpy(*ret_partitions, figures->partitions, count * sizeof(**ret_partitions));
    pthread_mutex_unlock(&figures->lock);
    return count;
}
