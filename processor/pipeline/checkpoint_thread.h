/* checkpoint_thread.h - writes checkpoints to the disk (and to the checkpoint topic) beside the workers, who
 * only hand over blocks.
 * Owner:   the pipeline owns the thread; a job belongs to the worker that began it, until
 * checkpoint_job_free.
 * Units:   bytes.
 * Errors:  a job that fails says so once in the log and in its state: the partition goes on with the older
 * checkpoint.
 * Threads: the calls on a job are its worker's; the work is done by a thread of its own, or at once where
 * there is none (tests/sim). */
#ifndef BUNDELWACHT_PIPELINE_CHECKPOINT_THREAD_H
#define BUNDELWACHT_PIPELINE_CHECKPOINT_THREAD_H

#include "state/checkpoint.h"

struct checkpoint_thread;
/* What is to be done with a file that is complete, on that thread; may be NULL. */
typedef void checkpoint_written_fn(void *context, const struct checkpoint_head *head, const char *path);
struct checkpoint_thread_options {
    const char *directory;
    bool at_once; /* no thread */
    checkpoint_written_fn *written;
    void *context;
};
struct checkpoint_thread *checkpoint_thread_new(const struct checkpoint_thread_options *options);
/* Finishes what was handed over. */
void checkpoint_thread_free(struct checkpoint_thread *thread);

enum checkpoint_job_state { JOB_GOES_ON, JOB_DONE, JOB_FAILED };
struct checkpoint_job;
/* The texts are copied. */
struct checkpoint_job *checkpoint_job_begin(struct checkpoint_thread *thread,
                                            const struct checkpoint_head *head,
                                            const struct bytes texts[CHECKPOINT_TEXTS]);
void checkpoint_job_add(struct checkpoint_job *job, struct bytes block); /* copied */
void checkpoint_job_end(struct checkpoint_job *job, struct hash128 digest);
/* Blocks that were handed over and are not written yet. */
size_t checkpoint_job_pending(const struct checkpoint_job *job);
enum checkpoint_job_state checkpoint_job_state(const struct checkpoint_job *job);
/* Waits until it is done or failed. */
enum checkpoint_job_state checkpoint_job_wait(struct checkpoint_job *job);
/* Any time; one that was not ended leaves no file. NULL is fine. */
void checkpoint_job_free(struct checkpoint_job *job);

#endif
