#include "pipeline/checkpoint_thread.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/commit_metadata.h"
#include "system/clock.h"
#include "system/failpoint.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ERROR_BYTES = 400 };
enum task_kind { TASK_CREATE, TASK_ADD, TASK_END, TASK_FREE };

struct checkpoint_job {
    struct checkpoint_thread *thread;
    struct checkpoint_head head;
    struct buffer texts[CHECKPOINT_TEXTS];
    bool text_is_null[CHECKPOINT_TEXTS];
    struct checkpoint_writer *writer; /* of the thread */
    int64_t began_us, bytes;
    bool ended;
    atomic_size_t pending;
    atomic_int state;
};
struct task {
    struct task *next;
    enum task_kind kind;
    struct checkpoint_job *job;
    struct buffer block;
    struct hash128 digest;
};
struct checkpoint_thread {
    struct checkpoint_thread_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a task came, or a job's state is another */
    struct task *first, **end;
    bool stops;
};

/* --- the work --- */

static void set_state(struct checkpoint_job *job, enum checkpoint_job_state state)
{
    pthread_mutex_lock(&job->thread->lock);
    atomic_store(&job->state, state);
    pthread_cond_broadcast(&job->thread->changed);
    pthread_mutex_unlock(&job->thread->lock);
}

static void job_failed(struct checkpoint_job *job, const char *error)
{
    checkpoint_discard(job->writer);
    job->writer = NULL;
    log_say(LOG_WARNING, "no checkpoint of \"%s\" partition %d at offset %lld, the older one stays: %s",
            job->head.topic, (int)job->head.partition, (long long)job->head.offset, error);
    set_state(job, JOB_FAILED);
}

static void do_create(struct checkpoint_job *job)
{
    char error[ERROR_BYTES];
    struct bytes texts[CHECKPOINT_TEXTS];
    for (size_t i = 0; i < CHECKPOINT_TEXTS; i++)
        texts[i] = job->text_is_null[i] ? BYTES_NULL : buffer_bytes(&job->texts[i]);
    job->writer = checkpoint_create(job->thread->options.directory, &job->head, texts, error, sizeof(error));
    if (!job->writer)
        job_failed(job, error);
}

static void do_add(struct checkpoint_job *job, const struct task *task)
{
    char error[ERROR_BYTES];
    if (job->writer && !checkpoint_add(job->writer, buffer_bytes(&task->block), error, sizeof(error)))
        job_failed(job, error);
    failpoint("checkpoint");
}

/* The file of this offset that is there is of the same log and says more: of a newer book, or with what a
 * book to come will see. Then we are late: somebody else has the partition, and what was made of it must not
 * be taken from him. */
static bool is_outdone(const struct checkpoint_job *job)
{
    const struct checkpoint_head *ours = &job->head;
    struct checkpoint_head there;
    struct bytes texts[CHECKPOINT_TEXTS];
    struct commit_metadata our_metadata, their_metadata;
    char error[ERROR_BYTES], path[CHECKPOINT_PATH_BYTES];
    if (!checkpoint_path(job->thread->options.directory, ours->topic, ours->group, ours->partition,
                         ours->offset, path))
        return false;
    struct checkpoint_reader *reader = checkpoint_open(path, &there, texts, error, sizeof(error));
    checkpoint_close(reader);
    if (!reader || there.last_offset != ours->last_offset || there.last_record.low != ours->last_record.low ||
        there.last_record.high != ours->last_record.high || strcmp(there.cluster, ours->cluster) != 0 ||
        !commit_metadata_from_text(ours->metadata, &our_metadata, error, sizeof(error)) ||
        !commit_metadata_from_text(there.metadata, &their_metadata, error, sizeof(error)))
        return false;
    return serial_compare(there.serial, ours->serial) > 0 ||
           (versions_equal(&our_metadata.versions, &their_metadata.versions) && their_metadata.also != 0 &&
            our_metadata.also == 0);
}

static void do_end(struct checkpoint_job *job, const struct task *task)
{
    const struct checkpoint_thread_options *options = &job->thread->options;
    char error[ERROR_BYTES], path[CHECKPOINT_PATH_BYTES];
    if (!job->writer)
        return;
    if (is_outdone(job)) {
        job_failed(job, "somebody else has written one of that offset under a newer book");
        return;
    }
    failpoint("checkpoint_rename");
    if (!checkpoint_finish(job->writer, task->digest, error, sizeof(error))) {
        job->writer = NULL;
        job_failed(job, error);
        return;
    }
    job->writer = NULL;
    checkpoint_tidy(options->directory, job->head.topic, job->head.group, job->head.partition);
    double seconds = (double)(clock_us() - job->began_us) / 1e6;
    log_say(LOG_INFO, "checkpoint of partition %d at offset %lld: %.1f MB in %.2f s",
            (int)job->head.partition, (long long)job->head.offset, (double)job->bytes / 1e6, seconds);
    set_state(job, JOB_DONE);
    if (options->written && checkpoint_path(options->directory, job->head.topic, job->head.group,
                                            job->head.partition, job->head.offset, path))
        options->written(options->context, &job->head, path);
}

static void do_free(struct checkpoint_job *job)
{
    checkpoint_discard(job->writer);
    for (size_t i = 0; i < CHECKPOINT_TEXTS; i++)
        buffer_release(&job->texts[i]);
    memory_free(job);
}

static void do_task(struct task *task)
{
    struct checkpoint_job *job = task->job;
    switch (task->kind) {
    case TASK_CREATE:
        do_create(job);
        break;
    case TASK_ADD:
        do_add(job, task);
        atomic_fetch_sub(&job->pending, task->block.length);
        break;
    case TASK_END:
        do_end(job, task);
        break;
    case TASK_FREE:
        do_free(job);
        break;
    }
    buffer_release(&task->block);
    memory_free(task);
}

static struct task *next_task(struct checkpoint_thread *thread)
{
    pthread_mutex_lock(&thread->lock);
    while (!thread->first && !thread->stops)
        pthread_cond_wait(&thread->changed, &thread->lock);
    struct task *task = thread->first;
    if (task) {
        thread->first = task->next;
        if (!thread->first)
            thread->end = &thread->first;
    }
    pthread_mutex_unlock(&thread->lock);
    return task;
}

static void *thread_main(void *context)
{
    struct task *task;
    while ((task = next_task(context)) != NULL)
        do_task(task);
    return NULL;
}

struct checkpoint_thread *checkpoint_thread_new(const struct checkpoint_thread_options *options)
{
    struct checkpoint_thread *thread = memory_alloc_zeroed(1, sizeof(*thread));
    thread->options = *options;
    thread->end = &thread->first;
    pthread_mutex_init(&thread->lock, NULL);
    pthread_cond_init(&thread->changed, NULL);
    if (!options->at_once)
        must(pthread_create(&thread->thread, NULL, thread_main, thread) == 0);
    return thread;
}

void checkpoint_thread_free(struct checkpoint_thread *thread)
{
    if (!thread)
        return;
    pthread_mutex_lock(&thread->lock);
    thread->stops = true;
    pthread_cond_broadcast(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
    if (!thread->options.at_once)
        pthread_join(thread->thread, NULL);
    pthread_cond_destroy(&thread->changed);
    pthread_mutex_destroy(&thread->lock);
    memory_free(thread);
}

/* --- handing over --- */

static void hand_over(struct checkpoint_job *job, struct task given)
{
    struct checkpoint_thread *thread = job->thread;
    struct task *task = memory_alloc(1, sizeof(*task));
    *task = given;
    task->job = job;
    if (thread->options.at_once) {
        do_task(task);
        return;
    }
    pthread_mutex_lock(&thread->lock);
    *thread->end = task;
    thread->end = &task->next;
    pthread_cond_broadcast(&thread->changed);
    pthread_mutex_unlock(&thread->lock);
}

struct checkpoint_job *checkpoint_job_begin(struct checkpoint_thread *thread,
                                            const struct checkpoint_head *head,
                                            const struct bytes texts[CHECKPOINT_TEXTS])
{
    struct checkpoint_job *job = memory_alloc_zeroed(1, sizeof(*job));
    job->thread = thread;
    job->head = *head;
    job->began_us = clock_us();
    for (size_t i = 0; i < CHECKPOINT_TEXTS; i++) {
        job->text_is_null[i] = bytes_is_null(texts[i]);
        buffer_add_bytes(&job->texts[i], texts[i]);
    }
    hand_over(job, (struct task){ .kind = TASK_CREATE });
    return job;
}

void checkpoint_job_add(struct checkpoint_job *job, struct bytes block)
{
    struct task task = { .kind = TASK_ADD };
    if (atomic_load(&job->state) == JOB_FAILED)
        return;
    buffer_add_bytes(&task.block, block);
    job->bytes += (int64_t)block.length;
    atomic_fetch_add(&job->pending, block.length);
    hand_over(job, task);
}

void checkpoint_job_end(struct checkpoint_job *job, struct hash128 digest)
{
    must(!job->ended);
    job->ended = true;
    hand_over(job, (struct task){ .kind = TASK_END, .digest = digest });
}

size_t checkpoint_job_pending(const struct checkpoint_job *job)
{
    return atomic_load(&job->pending);
}

enum checkpoint_job_state checkpoint_job_state(const struct checkpoint_job *job)
{
    return (enum checkpoint_job_state)atomic_load(&job->state);
}

enum checkpoint_job_state checkpoint_job_wait(struct checkpoint_job *job)
{
    struct checkpoint_thread *thread = job->thread;
    must(job->ended);
    pthread_mutex_lock(&thread->lock);
    while (atomic_load(&job->state) == JOB_GOES_ON && !thread->options.at_once)
        pthread_cond_wait(&thread->changed, &thread->lock);
    pthread_mutex_unlock(&thread->lock);
    return checkpoint_job_state(job);
}

void checkpoint_job_free(struct checkpoint_job *job)
{
    if (job)
        hand_over(job, (struct task){ .kind = TASK_FREE });
}
