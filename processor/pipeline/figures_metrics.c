#include "pipeline/figures_metrics.h"

#include "base/memory.h"
#include "system/clock.h"
#include "system/process.h"

#include <stdio.h>

enum { DAY_SECONDS = 86400 };

/* --- the partitions of all workers --- */

struct partitions {
    struct partition_figures *items;
    size_t count;
};

static struct partitions take_partitions(struct figures_sources *sources)
{
    struct partitions all = { NULL, 0 };
    size_t max = (size_t)sources->workers[0]->shared->partitions_count * (size_t)sources->workers_count;
    all.items = memory_alloc(max + 1, sizeof(*all.items));
    for (int32_t i = 0; i < sources->workers_count; i++) {
        struct partition_figures *some;
        size_t count = figures_partitions(&sources->workers[i]->figures, &some);
        memcpy(all.items + all.count, some, count * sizeof(*some));
        all.count += count;
        memory_free(some);
    }
    return all;
}

/* Of the log that is not committed yet; 0 where nobody knows the end. */
static int64_t lag_records(const struct partition_figures *partition)
{
    int64_t from = partition->committed == OFFSET_NONE ? 0 : partition->committed;
    return partition->end > from ? partition->end - from : 0;
}

/* How old the record folded last is, while there are more behind it. */
static int64_t lag_ms(const struct partition_figures *partition)
{
    if (partition->end <= partition->next || partition->record_ms == TIMESTAMP_NONE)
        return 0;
    int64_t age_ms = clock_wall_ms() - partition->record_ms;
    return age_ms > 0 ? age_ms : 0;
}

static void add_health(struct figures_health *health, const struct partition_figures *partition)
{
    health->partitions++;
    health->restoring += partition->restores;
    health->waiting += partition->phase == PARTITION_WAITS;
    health->lag_records += lag_records(partition);
    if (lag_ms(partition) > health->lag_ms)
        health->lag_ms = lag_ms(partition);
    int64_t since_us = partition->committed_us ? clock_us() - partition->committed_us : 0;
    if ((partition->outbox > 0 || partition->next > partition->committed) &&
        since_us > health->uncommitted_us)
        health->uncommitted_us = since_us;
}

struct figures_health figures_health(struct figures_sources *sources)
{
    struct figures_health health = { .workers = sources->workers_count };
    struct partitions partitions = take_partitions(sources);
    for (size_t i = 0; i < partitions.count; i++)
        add_health(&health, &partitions.items[i]);
    for (int32_t i = 0; i < sources->workers_count; i++)
        health.workers_reading +=
            atomic_load_explicit(&sources->workers[i]->figures.assignment_state, memory_order_relaxed) ==
            ASSIGNMENT_READING;
    memory_free(partitions.items);
    return health;
}

/* --- sums over the workers --- */

static int64_t counter_sum(const struct figures_sources *sources, enum counter counter)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < sources->workers_count; i++)
        sum += counter_value(&sources->workers[i]->counters, counter);
    return sum;
}

static int64_t counter_max(const struct figures_sources *sources, enum counter counter)
{
    int64_t max = 0;
    for (int32_t i = 0; i < sources->workers_count; i++)
        if (counter_value(&sources->workers[i]->counters, counter) > max)
            max = counter_value(&sources->workers[i]->counters, counter);
    return max;
}

/* The figure that lies `offset` bytes into the figures of a worker. */
static int64_t figure_sum(const struct figures_sources *sources, size_t offset)
{
    int64_t sum = 0;
    for (int32_t i = 0; i < sources->workers_count; i++) {
        const char *figures = (const char *)&sources->workers[i]->figures;
        sum += atomic_load_explicit((const _Atomic int64_t *)(const void *)(figures + offset),
                                    memory_order_relaxed);
    }
    return sum;
}

static void write_counters(const struct figures_sources *sources, struct exposition *exposition)
{
    char name[96];
    for (int counter = 0; counter < COUNTER_COUNT; counter++) {
        const struct counter_text *text = &counter_texts[counter];
        bool is_max = text->kind == COUNTER_LONGEST, is_time = text->kind != COUNTER_NUMBER;
        snprintf(name, sizeof(name), "bundelwacht_%s", text->metric);
        exposition_family(exposition, is_max ? METRIC_GAUGE : METRIC_COUNTER, name, is_time ? 1000000 : 1,
                          text->help);
        exposition_sample(exposition, NULL, 0,
                          is_max ? counter_max(sources, (enum counter)counter)
                                 : counter_sum(sources, (enum counter)counter));
    }
}

/* --- what was committed, by kind: those that there were --- */

static void write_decisions(const struct figures_sources *sources, struct exposition *exposition)
{
    exposition_family(exposition, METRIC_COUNTER, "bundelwacht_decisions", 1,
                      "decisions committed, by status");
    for (size_t status = 0; status < STATUS_COUNT; status++)
        exposition_sample(exposition, &(struct label){ "status", status_names[status] }, 1,
                          figure_sum(sources, offsetof(struct figures, decisions[status])));
}

static void write_alerts(const struct figures_sources *sources, struct exposition *exposition)
{
    exposition_family(exposition, METRIC_COUNTER, "bundelwacht_alerts", 1,
                      "alerts committed, by type, raised and cleared");
    for (size_t type = 0; type < ALERT_TYPE_COUNT; type++)
        for (size_t action = 0; action < COUNT(action_names); action++)
            exposition_sample(exposition,
                              (const struct label[]){ { "type", alert_type_names[type] },
                                                      { "action", action_names[action] } },
                              2, figure_sum(sources, offsetof(struct figures, alerts[type][action])));
}

static void write_dead_letters(const struct figures_sources *sources, struct exposition *exposition)
{
    exposition_family(exposition, METRIC_COUNTER, "bundelwacht_dead_letters", 1,
                      "dead letters committed, by reason");
    for (size_t reason = 0; reason < DEAD_LETTER_REASONS; reason++)
        exposition_sample(exposition,
                          &(struct label){ "reason", bytes_of(dead_letter_rows[reason].reason) }, 1,
                          figure_sum(sources, offsetof(struct figures, dead_letters[reason])));
}

static void write_commits(const struct figures_sources *sources, struct exposition *exposition)
{
    int64_t counts[COMMIT_BOUNDS + 1];
    for (size_t bucket = 0; bucket <= COMMIT_BOUNDS; bucket++)
        counts[bucket] = figure_sum(sources, offsetof(struct figures, commits[bucket]));
    exposition_family(exposition, METRIC_HISTOGRAM, "bundelwacht_commit_seconds", 1000000,
                      "how long commits took");
    exposition_histogram(exposition, commit_bounds_us, COMMIT_BOUNDS, counts,
                         counter_sum(sources, COUNTER_commit_us));
}

/* --- by partition --- */

static int64_t served_of(const struct partition_figures *partition)
{
    return partition->phase == PARTITION_SERVED;
}
static int64_t restores_of(const struct partition_figures *partition)
{
    return partition->restores;
}
static int64_t committed_of(const struct partition_figures *partition)
{
    return partition->committed == OFFSET_NONE ? 0 : partition->committed;
}
static int64_t as_of_of(const struct partition_figures *partition)
{
    return partition->as_of == INT32_MIN ? 0 : (int64_t)partition->as_of * DAY_SECONDS;
}
static int64_t restore_left_of(const struct partition_figures *partition)
{
    return partition->next < partition->committed ? partition->committed - partition->next : 0;
}
static int64_t checkpoint_age_of(const struct partition_figures *partition)
{
    return partition->checkpoint_us ? clock_us() - partition->checkpoint_us : 0;
}
static int64_t unseen_of(const struct partition_figures *partition)
{
    return partition->unseen;
}
static int64_t persons_of(const struct partition_figures *partition)
{
    return partition->sums.persons;
}
static int64_t episodes_of(const struct partition_figures *partition)
{
    return partition->sums.episodes;
}
static int64_t kept_of(const struct partition_figures *partition)
{
    return partition->sums.lines_kept;
}
static int64_t identity_of(const struct partition_figures *partition)
{
    return partition->sums.lines_identity;
}
static int64_t standing_of(const struct partition_figures *partition)
{
    return partition->sums.standing;
}
static int64_t cost_of(const struct partition_figures *partition)
{
    return partition->sums.cost;
}

static const struct partition_row {
    const char *name;
    int64_t per;
    int64_t (*value)(const struct partition_figures *partition);
    const char *help;
} partition_rows[] = {
    { "partition_served", 1, served_of,
      "1: read, decided and committed; 0: taken over, restored, in doubt or waiting" },
    { "partition_restoring", 1, restores_of, "1: its state is loaded, or folded up to the committed offset" },
    { "committed_offset", 1, committed_of, "of the input, by this group" },
    { "lag_records", 1, lag_records, "records of the log that are not committed, where its end is known" },
    { "lag_seconds", 1000, lag_ms,
      "age of the record folded last by its own timestamp, while more are behind it" },
    { "as_of_timestamp_seconds", 1, as_of_of,
      "the day that the rules take for today; 0: no record was folded" },
    { "restore_remaining_records", 1, restore_left_of, "still to be folded before it is served" },
    { "checkpoint_age_seconds", 1000000, checkpoint_age_of, "since its state was last safe, or loaded" },
    { "outputs_unseen", 1, unseen_of, "outputs that are committed and not yet known to be visible" },
    { "persons", 1, persons_of, "persons that something is kept of" },
    { "episodes", 1, episodes_of, "episodes that exist" },
    { "lines_kept", 1, kept_of, "lines of declarations that are kept whole" },
    { "lines_identity", 1, identity_of, "lines that are remembered by their identity alone" },
    { "standing_cents", 1, standing_of, "sum of the standing lines that are not prices" },
    { "episode_cost_cents", 1, cost_of, "sum of the cost of all episodes" },
};

static void write_partitions(struct figures_sources *sources, struct exposition *exposition)
{
    struct partitions partitions = take_partitions(sources);
    char name[96], number[16];
    for (size_t row = 0; row < COUNT(partition_rows); row++) {
        snprintf(name, sizeof(name), "bundelwacht_%s", partition_rows[row].name);
        exposition_family(exposition, METRIC_GAUGE, name, partition_rows[row].per, partition_rows[row].help);
        for (size_t i = 0; i < partitions.count; i++) {
            snprintf(number, sizeof(number), "%d", (int)partitions.items[i].number);
            exposition_sample(exposition, &(struct label){ "partition", bytes_of(number) }, 1,
                              partition_rows[row].value(&partitions.items[i]));
        }
    }
    memory_free(partitions.items);
}

/* --- the process --- */

static void write_one(struct exposition *exposition, enum metric_type type, const char *name, int64_t per,
                      const char *help, int64_t value)
{
    exposition_family(exposition, type, name, per, help);
    exposition_sample(exposition, NULL, 0, value);
}

static void write_process(const struct figures_sources *sources, struct exposition *exposition)
{
    const struct shared *shared = sources->workers[0]->shared;
    struct process_figures process = process_figures();
    write_one(exposition, METRIC_COUNTER, "process_cpu_seconds", 1000000, "CPU time, user and system",
              clock_cpu_us());
    write_one(exposition, METRIC_GAUGE, "process_resident_memory_bytes", 1, "resident memory",
              process.resident_bytes);
    write_one(exposition, METRIC_GAUGE, "process_virtual_memory_bytes", 1, "virtual memory",
              process.virtual_bytes);
    write_one(exposition, METRIC_GAUGE, "process_start_time_seconds", 1000, "when it was started, since 1970",
              process.started_ms);
    write_one(exposition, METRIC_GAUGE, "process_open_fds", 1, "open file descriptors", process.open_files);
    write_one(exposition, METRIC_GAUGE, "process_max_fds", 1, "the most that it may open",
              process.open_files_max);
    write_one(exposition, METRIC_GAUGE, "process_threads", 1, "threads", process.threads);
    if (shared->retention_us > 0)
        write_one(exposition, METRIC_GAUGE, "bundelwacht_input_retention_seconds", 1000000,
                  "retention of the input topic: a checkpoint that is older cannot be gone on from",
                  shared->retention_us);
}

void figures_write_metrics(struct figures_sources *sources, struct exposition *exposition)
{
    write_counters(sources, exposition);
    write_decisions(sources, exposition);
    write_alerts(sources, exposition);
    write_dead_letters(sources, exposition);
    write_commits(sources, exposition);
    write_partitions(sources, exposition);
    write_process(sources, exposition);
}
