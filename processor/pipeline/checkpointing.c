#include "pipeline/checkpointing.h"

#include "base/must.h"
#include "ops/log.h"
#include "pipeline/restoring.h"
#include "pipeline/worker.h"
#include "system/clock.h"

#include <stdio.h>

enum {
    ASK_WAIT_MS = 200,
    ASK_PAUSE_MS = 500,
    STOP_SECONDS_MAX = 5,
    SLICE_MS = 2,
    TRY_AGAIN_SECONDS = 30,
    PENDING_BYTES_MAX = 64 * 1024 * 1024
};

/* --- one snapshot --- */

static void add_block(void *context, struct bytes block)
{
    struct partition *partition = context;
    checkpoint_job_add(partition->job, block);
}

/* The metadata of the commit, without its window; and what it does not say: that this state has more than its
 * book needs. */
static void write_metadata(const struct partition *partition, char text[CHECKPOINT_METADATA_BYTES])
{
    struct commit_metadata metadata;
    char error[200];
    if (!commit_metadata_from_text(partition->committed_metadata, &metadata, error, sizeof(error)))
        return;
    metadata.also = partition->also ? book_hash(partition->also) : 0;
    commit_metadata_to_text(&metadata, text);
}
_Static_assert(COMMIT_METADATA_TEXT_BYTES <= CHECKPOINT_METADATA_BYTES, "the metadata fits into a head");

static struct checkpoint_head head_of(const struct worker *worker, const struct partition *partition)
{
    const struct shared *shared = worker->shared;
    struct checkpoint_head head = {
        .engine_version = partition->metadata.versions.engine,
        .partition = partition->number,
        .partitions_count = shared->partitions_count,
        .offset = partition->next,
        .last_offset = partition->last.offset,
        .last_record = partition->last.hash,
    };
    snprintf(head.cluster, sizeof(head.cluster), "%s", shared->cluster);
    snprintf(head.topic, sizeof(head.topic), "%s", shared->options->topic);
    snprintf(head.group, sizeof(head.group), "%s", shared->options->group);
    write_metadata(partition, head.metadata);
    snprintf(head.serial, sizeof(head.serial), "%s", partition->book_version->serial);
    return head;
}

static void begin(struct worker *worker, struct partition *partition)
{
    must(partition_is_committed(partition) && !partition->job);
    partition_note_last(partition);
    struct checkpoint_head head = head_of(worker, partition);
    const struct bytes texts[CHECKPOINT_TEXTS] = {
        [CHECKPOINT_BOOK] = book_source(partition->book_version->book),
        [CHECKPOINT_REFERENCE] = reference_source(partition->book_version->reference),
    };
    partition->job = checkpoint_job_begin(worker->shared->checkpoints, &head, texts);
    partition->job_offset = partition->next;
    partition->snapshotting = true;
    partition->job_ends = false;
    memcpy(partition->job_made, partition->window.made.counts, sizeof(partition->job_made));
    partition->checkpoint_wanted = false;
    fold_snapshot_begin(partition->fold, (struct snapshot_sink){ add_block, partition });
}

/* One step of the snapshot. */
static void step(struct partition *partition)
{
    if (fold_snapshot_step(partition->fold))
        return;
    partition->snapshotting = false;
    partition->job_ends = true;
    partition->job_digest = fold_snapshot_digest(partition->fold);
}

/* A checkpoint says that what was made before it is in the log. Until that was seen it has no end, and so is
 * none. */
static bool is_seen(const struct partition *partition)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (partition->window.topics[topic].have < partition->job_made[topic])
            return false;
    return true;
}

/* And that the group will never be before it again: a commit that was told to be true may have lost the
 * marker of its offsets, and then the checkpoint that this one outdoes is the one that is needed. */
static bool is_stable(struct worker *worker, const struct partition *partition)
{
    struct failure failure;
    struct commit_metadata metadata, ours;
    char error[200];
    struct position position = { .partition = partition->number };
    if (!consumer_committed(worker->consumer, &position, 1, ASK_WAIT_MS, &failure) ||
        position.offset < partition->job_offset)
        return false;
    if (position.offset > partition->job_offset)
        return true;
    return commit_metadata_from_text(position.metadata, &metadata, error, sizeof(error)) &&
           commit_metadata_from_text(partition->committed_metadata, &ours, error, sizeof(error)) &&
           metadata.step == 0 && metadata.since == ours.since &&
           versions_equal(&metadata.versions, &ours.versions);
}

static void end(struct partition *partition)
{
    char block[FOLD_SEEN_BYTES];
    fold_seen_block(&partition->window, clock_wall_ms(), block);
    checkpoint_job_add(partition->job, (struct bytes){ block, sizeof(block) });
    partition->job_ends = false;
    checkpoint_job_end(partition->job, partition->job_digest);
}

static void end_when_seen(struct worker *worker, struct partition *partition)
{
    if (!partition->job || !partition->job_ends || partition_is_in_doubt(partition) || !is_seen(partition) ||
        clock_us() - partition->job_asked_us < MICROSECONDS_OF_MS(ASK_PAUSE_MS))
        return;
    partition->job_asked_us = clock_us();
    if (is_stable(worker, partition))
        end(partition);
}

static void complete_job(struct partition *partition)
{
    bool done = checkpoint_job_state(partition->job) == JOB_DONE;
    if (done && partition->job_offset > partition->checkpoint_offset)
        partition->checkpoint_offset = partition->job_offset;
    partition->checkpoint_tried_us = clock_us();
    partition->checkpoint_failed = !done;
    if (done)
        partition->checkpoint_us = partition->checkpoint_tried_us;
    checkpoint_job_free(partition->job);
    partition->job = NULL;
}

static void cancel(struct partition *partition)
{
    if (partition->snapshotting)
        fold_snapshot_cancel(partition->fold);
    partition->snapshotting = false;
    checkpoint_job_free(partition->job);
    partition->job = NULL;
}

/* --- when --- */

static int64_t folding_again_us(const struct worker *worker, const struct partition *partition)
{
    int64_t from = partition->checkpoint_offset == OFFSET_NONE ? 0 : partition->checkpoint_offset;
    return worker->folded_records ? (partition->next - from) * worker->folded_us / worker->folded_records : 0;
}

static bool is_due(const struct worker *worker, const struct partition *partition)
{
    const struct pipeline_options *options = worker->shared->options;
    if (!partition_is_owned(partition) || partition->job || !partition_is_committed(partition))
        return false;
    if (partition->checkpoint_failed &&
        clock_us() - partition->checkpoint_tried_us < MICROSECONDS_OF_S(TRY_AGAIN_SECONDS))
        return false;
    if (partition->checkpoint_wanted)
        return true;
    if (partition->next == partition->checkpoint_offset || partition->next == 0)
        return false;
    return folding_again_us(worker, partition) >= options->checkpoint_after_us ||
           clock_us() - partition->checkpoint_us >= options->checkpoint_every_us;
}

/* Before the records that the newest checkpoint waits for are deleted. */
static void watch_retention(struct worker *worker, struct partition *partition)
{
    int64_t retention_us = worker->shared->retention_us, now_us = clock_us(),
            age_us = now_us - partition->checkpoint_us;
    if (retention_us <= 0 || !partition_is_owned(partition) ||
        partition->next <= partition->checkpoint_offset ||
        age_us < retention_us / 2 || now_us - partition->retention_said_us < retention_us / 20)
        return;
    partition->retention_said_us = now_us;
    log_say(LOG_WARNING,
            "the newest checkpoint of partition %d is %.1f hours old, and \"%s\" keeps its records for %.1f "
            "hours: it is the only copy of what they were; "
            "see why none is written, or raise retention.ms",
            (int)partition->number, (double)age_us / 3.6e9, worker->shared->options->topic,
            (double)retention_us / 3.6e9);
}

static bool is_snapshotting(const struct worker *worker)
{
    return worker->snapshotting && worker->snapshotting->snapshotting;
}

void checkpointing_look(struct worker *worker)
{
    if (!worker->shared->checkpoints || is_snapshotting(worker))
        return;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        end_when_seen(worker, partition);
        if (partition->job && !partition->snapshotting && checkpoint_job_state(partition->job) != JOB_GOES_ON)
            complete_job(partition);
        watch_retention(worker, partition);
        if (!is_due(worker, partition))
            continue;
        begin(worker, partition);
        worker->snapshotting = partition;
        return;
    }
}

void checkpointing_step(struct worker *worker)
{
    if (!is_snapshotting(worker))
        return;
    struct partition *partition = worker->snapshotting;
    int64_t began_us = clock_us();
    do {
        if (checkpoint_job_state(partition->job) == JOB_FAILED) {
            fold_snapshot_cancel(partition->fold);
            partition->snapshotting = false;
            complete_job(partition);
            return;
        }
        if (checkpoint_job_pending(partition->job) > PENDING_BYTES_MAX)
            break;
        step(partition);
    } while (partition->snapshotting && clock_us() - began_us < MICROSECONDS_OF_MS(SLICE_MS));
    int64_t took_us = clock_us() - began_us;
    counter_raise(&worker->counters, COUNTER_checkpoint_us_max, took_us);
}

/* --- at once --- */

static void take(struct worker *worker, struct partition *partition)
{
    cancel(partition);
    begin(worker, partition);
    while (partition->snapshotting)
        step(partition);
}

bool checkpointing_now(struct worker *worker, struct partition *partition)
{
    if (!worker->shared->checkpoints)
        return false;
    must(window_is_seen(&partition->window));
    take(worker, partition);
    end(partition); /* what is committed was just asked for */
    bool done = checkpoint_job_wait(partition->job) == JOB_DONE;
    complete_job(partition);
    return done;
}

static void end_at_stop(struct worker *worker, struct partition *partition, int64_t until_us)
{
    while (partition->job && partition->job_ends) {
        partition->job_asked_us = 0;
        end_when_seen(worker, partition);
        if (partition->job_ends && clock_us() >= until_us) {
            log_say(LOG_WARNING,
                    "no checkpoint of partition %d at offset %lld: the group's offset did not become stable "
                    "yet; the next start sees to it",
                    (int)partition->number, (long long)partition->job_offset);
            return;
        }
    }
}

void checkpointing_at_stop(struct worker *worker)
{
    int32_t count = worker->shared->partitions_count;
    int64_t until_us = clock_us() + MICROSECONDS_OF_S(STOP_SECONDS_MAX);
    for (int32_t p = 0; p < count && worker->shared->checkpoints; p++) {
        struct partition *partition = &worker->partitions[p];
        if (partition_is_owned(partition) && partition_is_committed(partition) &&
            partition->next > partition->checkpoint_offset && partition->next > 0)
            take(worker, partition);
    }
    for (int32_t p = 0; p < count; p++)
        end_at_stop(worker, &worker->partitions[p], until_us);
    for (int32_t p = 0; p < count; p++)
        if (worker->partitions[p].job && !worker->partitions[p].snapshotting &&
            !worker->partitions[p].job_ends) {
            checkpoint_job_wait(worker->partitions[p].job);
            complete_job(&worker->partitions[p]);
        }
}
