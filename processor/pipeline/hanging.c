#include "pipeline/hanging.h"

#include "base/memory.h"
#include "base/must.h"
#include "ops/log.h"
#include "pipeline/touching.h"
#include "pipeline/worker.h"
#include "system/clock.h"
#include "system/failpoint.h"

enum {
    LOOK_PAUSE_MS = 20,
    LOOK_PAUSE_CALM_MS = 1000,
    ASK_WAIT_MS = 500,
    ASK_SHORTLY_MS = 100,
    PATIENCE_MS = 1000,
    PAUSE_SECONDS_MAX = 20,
    SAY_SECONDS = 60,
    SAY_FIRST_MS = 5000,
};

/* --- what is looked at --- */

void hanging_want(struct partition *partition, int64_t now_us)
{
    struct rest *rest = &partition->rest;
    *rest = (struct rest){ .is_wanted = true,
                           .is_debt = rest->is_debt,
                           .since_us = now_us,
                           .try_us = now_us + MICROSECONDS_OF_MS(PATIENCE_MS),
                           .said_us =
                               now_us - MICROSECONDS_OF_S(SAY_SECONDS) + MICROSECONDS_OF_MS(SAY_FIRST_MS) };
}

void hanging_owe(struct partition *partition)
{
    partition->rest = (struct rest){ .is_debt = true };
}

void hanging_note_offsets(struct partition *partition, bool hang)
{
    struct rest *rest = &partition->rest;
    if (rest->offsets_hang == hang)
        return;
    rest->offsets_hang = hang;
    rest->is_reached = false;
    rest->since_us = clock_us();
    if (hang && rest->tries == 0)
        rest->try_us = rest->since_us + MICROSECONDS_OF_MS(PATIENCE_MS);
}

static bool is_looked_at(const struct partition *partition)
{
    return (partition->rest.is_wanted && !partition->rest.is_reached) || partition->rest.is_debt;
}

static size_t collect(const struct worker *worker, struct output_end *ends)
{
    size_t count = 0;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        for (uint8_t topic = 0; topic < TOPIC_COUNT && is_looked_at(&worker->partitions[p]); topic++)
            ends[count++] = (struct output_end){ .topic = topic, .partition = p };
    return count;
}

static bool hangs(const struct rest *rest)
{
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (rest_hangs_in(rest, topic))
            return true;
    return rest->offsets_hang;
}

static void note_end(struct rest *rest, const struct output_end *end, int64_t now_us)
{
    bool has_mark = rest->is_debt && !rest->is_wanted && rest->has_marks;
    if (rest->stable[end->topic] != end->stable)
        rest->since_us = now_us;
    rest->stable[end->topic] = end->stable;
    if (!has_mark)
        rest->end[end->topic] = end->end;
}

/* A debt is paid when all that had been sent by the first look has become stable. */
static void note_rest(struct rest *rest)
{
    bool is_calm = !hangs(rest);
    rest->has_marks = true;
    rest->is_reached = rest->is_wanted && is_calm;
    if (is_calm && (rest->is_wanted || rest->offsets_known))
        rest->is_debt = false;
}

static void note_ends(struct worker *worker, const struct output_end *ends, size_t count)
{
    int64_t now_us = clock_us();
    for (size_t i = 0; i < count; i++)
        note_end(&worker->partitions[ends[i].partition].rest, &ends[i], now_us);
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (is_looked_at(&worker->partitions[p]))
            note_rest(&worker->partitions[p].rest);
}

static bool owes_offsets(const struct partition *partition)
{
    const struct rest *rest = &partition->rest;
    return rest->is_debt && !rest->is_wanted && !rest->offsets_known;
}

/* Whether the group's offset of a debt is pending. Of what is taken over it is asked with everything else. */
static void ask_offsets(struct worker *worker)
{
    struct failure failure;
    size_t count = 0;
    struct position *positions =
        memory_alloc_zeroed((size_t)worker->shared->partitions_count, sizeof(*positions));
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (owes_offsets(&worker->partitions[p]))
            positions[count++].partition = p;
    bool known =
        count > 0 && consumer_committed(worker->consumer, positions, count, ASK_SHORTLY_MS, &failure);
    bool pending = count > 0 && !known &&
                   output_log_committed(worker->shared->outputs, positions, count, ASK_WAIT_MS, &failure);
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = &worker->partitions[positions[i].partition];
        partition->rest.offsets_known = known;
        if (known || pending)
            hanging_note_offsets(partition, pending);
    }
    memory_free(positions);
}

/* --- ending it --- */

static bool is_due(const struct partition *partition, int64_t now_us)
{
    const struct rest *rest = &partition->rest;
    return is_looked_at(partition) && hangs(rest) && now_us >= rest->try_us &&
           now_us - rest->since_us >= MICROSECONDS_OF_MS(PATIENCE_MS);
}

static size_t collect_touches(const struct worker *worker, int64_t now_us, struct touch *touches,
                              bool *ret_any, bool *ret_offsets)
{
    size_t count = 0;
    *ret_any = *ret_offsets = false;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct partition *partition = &worker->partitions[p];
        if (!is_due(partition, now_us))
            continue;
        *ret_any = true;
        worker->partitions[p].rest.has_marks = false; /* what we send there is to be seen, too */
        *ret_offsets = *ret_offsets || partition->rest.offsets_hang;
        for (uint8_t topic = 0; topic < TOPIC_COUNT; topic++)
            if (rest_hangs_in(&partition->rest, topic))
                touches[count++] = (struct touch){ topic, p };
    }
    return count;
}

/* The pause begins when the work is done. */
static void note_tries(struct worker *worker, int64_t now_us)
{
    int64_t done_us = clock_us();
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        struct partition *partition = &worker->partitions[p];
        struct rest *rest = &partition->rest;
        if (!is_due(partition, now_us))
            continue;
        int64_t pause_s = rest->has_more    ? 1
                          : rest->tries < 5 ? (int64_t)1 << rest->tries
                                            : PAUSE_SECONDS_MAX;
        rest->tries++;
        rest->try_us = done_us + MICROSECONDS_OF_S(pause_s < PAUSE_SECONDS_MAX ? pause_s : PAUSE_SECONDS_MAX);
    }
}

/* --- what is not ours to end --- */

static void say_outputs(const struct worker *worker, struct partition *partition, size_t topic)
{
    const char *name = worker->shared->topics[topic];
    long long at = (long long)partition->rest.stable[topic];
    log_say(LOG_WARNING,
            "partition %d is not served: \"%s\" partition %d has records from offset %lld on of a "
            "transaction that is open or never got its marker, "
            "and it is not ours to end; `kafka-transactions.sh --bootstrap-server … abort --topic %s "
            "--partition %d --start-offset %lld` ends it",
            (int)partition->number, name, (int)partition->number, at, name, (int)partition->number, at);
}

static void say_waiting(const struct worker *worker, struct partition *partition, int64_t now_us)
{
    struct rest *rest = &partition->rest;
    if (!rest->is_wanted || now_us - rest->said_us < MICROSECONDS_OF_S(SAY_SECONDS))
        return;
    rest->said_us = now_us;
    for (size_t topic = 0; topic < TOPIC_COUNT; topic++)
        if (rest_hangs_in(rest, topic))
            say_outputs(worker, partition, topic);
    if (rest->offsets_hang)
        log_say(
            LOG_WARNING,
            "partition %d is not served: the group's offset of it is pending in a transaction of a producer "
            "that cannot be found; "
            "`kafka-transactions.sh --bootstrap-server … find-hanging --topic __consumer_offsets` names it",
            (int)partition->number);
}

/* --- a look --- */

static void say_unknown(struct worker *worker, const struct failure *failure)
{
    int64_t now_us = clock_us();
    if (now_us - worker->unknown_said_us < MICROSECONDS_OF_S(SAY_SECONDS))
        return;
    worker->unknown_said_us = now_us;
    log_say(LOG_WARNING, "%s: waits, since it is not known how far the output partitions are stable: %s",
            worker->instance, failure->text);
}

static int64_t pause_us(const struct worker *worker)
{
    for (int32_t p = 0; p < worker->shared->partitions_count; p++) {
        const struct rest *rest = &worker->partitions[p].rest;
        if (rest->is_wanted && !rest->is_reached && rest->tries < 3)
            return MICROSECONDS_OF_MS(LOOK_PAUSE_MS);
    }
    return MICROSECONDS_OF_MS(LOOK_PAUSE_CALM_MS);
}

static bool end_what_is_due(struct worker *worker)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    bool any, offsets, fine = true;
    int64_t now_us = clock_us();
    struct touch *touches =
        memory_alloc((size_t)worker->shared->partitions_count * TOPIC_COUNT, sizeof(*touches));
    size_t count = collect_touches(worker, now_us, touches, &any, &offsets);
    failpoint("clear");
    if (any)
        fine = touch(worker, worker->producer, touches, count, offsets, &failure);
    memory_free(touches);
    if (!fine && failure.remedy == REMEDY_STOP)
        worker->failure = failure;
    else if (!fine)
        commit_replace(worker, &failure); /* then it is tried again */
    if (!fine || !any)
        return fine;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (is_due(&worker->partitions[p], now_us) && worker->partitions[p].rest.is_wanted &&
            worker->partitions[p].rest.tries > 0 && !atomic_load(&worker->shared->stop))
            touch_borrowed(worker, &worker->partitions[p]);
    note_tries(worker, now_us);
    return true;
}

bool hanging_look(struct worker *worker)
{
    struct failure failure = { .remedy = REMEDY_NONE };
    must(worker->commit.state == COMMIT_IDLE);
    if (worker->shared->options->embedded || clock_us() - worker->hanging_looked_us < pause_us(worker))
        return true;
    worker->hanging_looked_us = clock_us();
    ask_offsets(worker);
    struct output_end *ends =
        memory_alloc((size_t)worker->shared->partitions_count * TOPIC_COUNT, sizeof(*ends));
    size_t count = collect(worker, ends);
    bool known = count == 0 || output_log_ends(worker->shared->outputs, ends, count, ASK_WAIT_MS, &failure);
    if (known && count > 0)
        note_ends(worker, ends, count);
    memory_free(ends);
    if (!known)
        say_unknown(worker, &failure);
    if (!known && failure.remedy != REMEDY_AGAIN)
        worker->failure = failure;
    if (!known || count == 0)
        return worker->failure.remedy == REMEDY_NONE;
    for (int32_t p = 0; p < worker->shared->partitions_count; p++)
        if (is_looked_at(&worker->partitions[p]) && hangs(&worker->partitions[p].rest))
            say_waiting(worker, &worker->partitions[p], clock_us());
    return end_what_is_due(worker);
}
