#include "cluster.h"

#include "base/must.h"
#include "ops/log.h"

#include <string.h>

/* --- ids --- */

int instance_of(const char *name)
{
    for (int i = 0; i < cluster.instances_count; i++)
        if (strcmp(cluster.instances[i], name) == 0)
            return i;
    must(cluster.instances_count < INSTANCES_MAX);
    strncpy(cluster.instances[cluster.instances_count], name, INSTANCE_BYTES_MAX - 1);
    return cluster.instances_count++;
}

int instance_of_producer(int64_t producer)
{
    for (int i = 0; i < cluster.instances_count; i++)
        if (cluster.transactors[i].producer == producer)
            return i;
    return NOBODY;
}

void coordinator_renew(int instance)
{
    struct transactor *transactor = &cluster.transactors[instance];
    if (transactor->producer == 0)
        transactor->producer = ++cluster.producers_count;
    transactor->epoch++;
}

/* --- pending offsets --- */

bool offsets_are_pending(int32_t partition)
{
    for (size_t i = 0; i < cluster.pending_count; i++)
        if (cluster.pending[i].position.partition == partition)
            return true;
    return false;
}

/* What an earlier transaction left pending without a marker stays, unless it is of the same partition. */
static void add_pending(int64_t producer, const struct position *position)
{
    size_t at = 0;
    while (at < cluster.pending_count && (cluster.pending[at].producer != producer ||
                                          cluster.pending[at].position.partition != position->partition))
        at++;
    must(at < PENDING_MAX);
    cluster.pending[at] = (struct pending){ producer, ++cluster.offsets_count, *position };
    if (at == cluster.pending_count)
        cluster.pending_count++;
}

/* Of two commits the one that was written later holds, whenever its marker comes. */
static void commit_offset(const struct pending *pending)
{
    int32_t p = pending->position.partition;
    if (cluster.committed_written[p] > pending->written)
        return;
    cluster.committed_written[p] = pending->written;
    cluster.committed[p] = pending->position;
    log_say(LOG_DEBUG, "    cluster: the group is at %d/%lld", (int)p, (long long)pending->position.offset);
    if (cluster.commit)
        cluster.commit(p, &pending->position);
}

static void end_offsets(int64_t producer, bool commit)
{
    size_t left = 0;
    for (size_t i = 0; i < cluster.pending_count; i++) {
        struct pending pending = cluster.pending[i];
        if (pending.producer != producer)
            cluster.pending[left++] = pending;
        else if (commit)
            commit_offset(&pending);
    }
    cluster.pending_count = left;
}

int64_t sim_committed_offset(int32_t partition)
{
    return cluster.committed[partition].offset;
}

/* --- markers --- */

static const char *name_of(const struct marker *marker)
{
    return marker->instance == NOBODY ? "somebody" : cluster.instances[marker->instance];
}

static void say_marker(const struct marker *marker, const char *what)
{
    log_say(LOG_DEBUG, "    cluster: %s %s of %s (producer %lld) in %s/%d", what,
            marker->commit ? "COMMIT" : "ABORT", name_of(marker), (long long)marker->producer,
            marker->topic == GROUP_OFFSETS ? "offsets" : sim_topic_names[marker->topic],
            (int)marker->partition);
}

static void end_in(const struct marker *marker)
{
    say_marker(marker, "here is");
    if (marker->topic == GROUP_OFFSETS)
        end_offsets(marker->producer, marker->commit);
    else
        log_end(&cluster.outputs[marker->topic][marker->partition], marker->producer, marker->instance,
                marker->commit);
}

static void is_through(const struct marker *marker)
{
    if (marker->instance != NOBODY && cluster.transactors[marker->instance].producer == marker->producer)
        cluster.transactors[marker->instance].markers_left--;
}

static void send_later(struct marker marker)
{
    enum { SHORT_US = 100000, LONG_US = 3000000 };
    must(cluster.markers_count < MARKERS_MAX);
    marker.at_us = cluster.now_us + 1000 + (int64_t)sim_draw(sim_draw(2) ? SHORT_US : LONG_US);
    cluster.markers[cluster.markers_count++] = marker;
    say_marker(&marker, "late is");
    if (marker.instance != NOBODY)
        cluster.transactors[marker.instance].markers_left++;
    count_fault(FAULT_late_marker);
}

static void lose(const struct marker *marker)
{
    say_marker(marker, "lost is");
    count_fault(FAULT_lost_marker);
}

/* On time, late, or never; the one who asked for the end is told the same in any case. */
static void send_marker(struct marker marker, int lost_per_mille)
{
    bool dead = broker_is_dead();
    if (dead && chance(lost_per_mille))
        lose(&marker);
    else if (chance(dead ? 400 : cluster.late_per_mille))
        send_later(marker);
    else
        end_in(&marker);
}

/* None of a transaction's markers is lost, some, most, or all. */
static int draw_loss(void)
{
    static const int per_mille[] = { 0, 250, 600, 1000 };
    return broker_is_dead() ? per_mille[sim_draw(sizeof(per_mille) / sizeof(per_mille[0]))] : 0;
}

void coordinator_end(int instance, bool commit)
{
    struct transactor *transactor = &cluster.transactors[instance];
    struct marker marker = { .producer = transactor->producer, .instance = instance, .commit = commit };
    bool in_group = transactor->in_group;
    int lost_per_mille = draw_loss();
    transactor->aborted_last = !commit;
    transactor->ongoing = transactor->in_group = false;
    for (marker.topic = 0; marker.topic < SIM_TOPICS; marker.topic++)
        for (marker.partition = 0; marker.partition < SIM_PARTITIONS; marker.partition++)
            if (transactor->in_outputs[marker.topic][marker.partition]) {
                transactor->in_outputs[marker.topic][marker.partition] = false;
                send_marker(marker, lost_per_mille);
            }
    marker.topic = GROUP_OFFSETS;
    marker.partition = 0;
    if (in_group)
        send_marker(marker, lost_per_mille);
}

static void arrive_markers(void)
{
    for (size_t i = 0; i < cluster.markers_count;) {
        struct marker marker = cluster.markers[i];
        if (marker.at_us > cluster.now_us) {
            i++;
            continue;
        }
        cluster.markers[i] = cluster.markers[--cluster.markers_count];
        end_in(&marker);
        is_through(&marker);
    }
}

/* --- a transaction --- */

static void touch(int instance)
{
    struct transactor *transactor = &cluster.transactors[instance];
    if (transactor->ongoing)
        return;
    transactor->ongoing = true;
    transactor->began_us = cluster.now_us;
}

void coordinator_add_offsets(int instance, const struct position *positions, size_t count)
{
    touch(instance);
    cluster.transactors[instance].in_group = true;
    for (size_t i = 0; i < count; i++)
        add_pending(cluster.transactors[instance].producer, &positions[i]);
}

void coordinator_add_output(int instance, int topic, int32_t partition)
{
    touch(instance);
    cluster.transactors[instance].in_outputs[topic][partition] = true;
}

void coordinator_end_late(int instance, int64_t producer, int epoch, bool commit)
{
    if (cluster.late_count < LATE_MAX)
        cluster.late[cluster.late_count++] =
            (struct late){ instance, producer, epoch, commit, cluster.now_us + (int64_t)sim_draw(2000000) };
}

static void arrive_late_ends(void)
{
    for (size_t i = 0; i < cluster.late_count;) {
        struct late late = cluster.late[i];
        if (late.at_us > cluster.now_us) {
            i++;
            continue;
        }
        cluster.late[i] = cluster.late[--cluster.late_count];
        const struct transactor *transactor = &cluster.transactors[late.instance];
        if (!transactor->ongoing || transactor->producer != late.producer || transactor->epoch != late.epoch)
            continue;
        log_say(LOG_DEBUG, "    cluster: a late EndTxn arrives");
        coordinator_end(late.instance, late.commit);
    }
}

void coordinator_pass_time(void)
{
    arrive_markers();
    arrive_late_ends();
    for (int i = 0; i < cluster.instances_count; i++) {
        struct transactor *transactor = &cluster.transactors[i];
        if (!transactor->ongoing ||
            cluster.now_us - transactor->began_us <= SIM_TRANSACTION_TIMEOUT_MS * 1000LL)
            continue;
        log_say(LOG_DEBUG, "    cluster: the transaction of %s takes too long", cluster.instances[i]);
        coordinator_end(i, false);
        transactor->epoch++;
    }
}

/* --- what happens beside the program --- */

/* Markers that were on their way are lost as well, whatever was answered long before. */
void sim_broker_dies(void)
{
    enum { SHORTEST_US = 30000, DOUBLINGS = 8 };
    size_t left = 0;
    cluster.dead_until_us = cluster.now_us + (SHORTEST_US << sim_draw(DOUBLINGS));
    count_fault(FAULT_broker_death);
    log_say(LOG_DEBUG, "    cluster: a broker is dead for %lld ms",
            (long long)(cluster.dead_until_us - cluster.now_us) / 1000);
    for (size_t i = 0; i < cluster.markers_count; i++) {
        struct marker marker = cluster.markers[i];
        if (sim_draw(2)) {
            cluster.markers[left++] = marker;
            continue;
        }
        is_through(&marker);
        lose(&marker);
    }
    cluster.markers_count = left;
}

/* transactional.id.expiration.ms: whoever comes with this id next is somebody new, and cannot end what the
 * one before left behind. */
void sim_id_expires(const char *name)
{
    struct transactor *transactor = &cluster.transactors[instance_of(name)];
    if (transactor->ongoing || transactor->markers_left > 0 || transactor->producer == 0)
        return;
    *transactor = (struct transactor){ .producer = 0 };
    count_fault(FAULT_expired);
}

/* A transaction of somebody who has nothing to do with us. It is aborted some time; were it committed, its
 * records would be seen. Not before anything of ours: a group that has committed nothing refuses outputs that
 * hold something. */
void sim_foreign_transaction(void)
{
    struct marker marker = { .producer = ++cluster.producers_count,
                             .instance = NOBODY,
                             .topic = (int)sim_draw(SIM_TOPICS),
                             .partition = (int32_t)sim_draw(SIM_PARTITIONS),
                             .commit = false };
    if (cluster.markers_count == MARKERS_MAX || cluster.committed[marker.partition].offset == OFFSET_NONE)
        return;
    struct log *log = &cluster.outputs[marker.topic][marker.partition];
    entry_set(log_add(log, ENTRY_PENDING, marker.producer, NOBODY), BYTES("foreign"), BYTES("foreign"), NULL,
              0);
    send_later(marker);
    count_fault(FAULT_foreign);
}

static bool is_on_its_way(int64_t producer)
{
    for (size_t i = 0; i < cluster.markers_count; i++)
        if (cluster.markers[i].producer == producer)
            return true;
    return false;
}

static bool only_the_operator_can(int64_t producer)
{
    return instance_of_producer(producer) == NOBODY && !is_on_its_way(producer);
}

void sim_operator_ends_hanging(void)
{
    for (int topic = 0; topic < SIM_TOPICS; topic++)
        for (int p = 0; p < SIM_PARTITIONS; p++) {
            struct log *log = &cluster.outputs[topic][p];
            for (size_t at = (size_t)log_stable(log); at < log->count; at++)
                if (log->entries[at].state == ENTRY_PENDING &&
                    only_the_operator_can(log->entries[at].producer))
                    log_end(log, log->entries[at].producer, NOBODY, false);
        }
    for (size_t i = cluster.pending_count; i-- > 0;)
        if (i < cluster.pending_count && only_the_operator_can(cluster.pending[i].producer))
            end_offsets(cluster.pending[i].producer, false);
}
