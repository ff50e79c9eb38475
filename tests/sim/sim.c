#include "cluster.h"

#include "base/memory.h"
#include "base/must.h"
#include "stream/topics.h"
#include "system/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cluster cluster;

jmp_buf sim_crashed;
static char failure_before_begin[SIM_FAILURE_BYTES];
char *sim_failure_text = failure_before_begin;

/* --- faults --- */

#define AS_NAME(name) #name,
static const char *const fault_names[] = { FAULTS(AS_NAME) };
#undef AS_NAME
static int64_t fault_counts[FAULT_NONE];

uint64_t sim_draw(uint64_t below)
{
    cluster.random ^= cluster.random << 13;
    cluster.random ^= cluster.random >> 7;
    cluster.random ^= cluster.random << 17;
    return cluster.random % below;
}

bool chance(int per_mille)
{
    return (int)sim_draw(1000) < per_mille;
}

void count_fault(enum fault fault)
{
    fault_counts[fault]++;
}

bool broker_is_dead(void)
{
    return cluster.now_us < cluster.dead_until_us;
}

/* While a broker is dead many calls fail, but no process dies of it, and each waits for its answer. */
static bool draw_of_the_dead(unsigned *possible)
{
    enum { DEAD_PER_MILLE = 400, WAIT_US_MAX = 100000 };
    unsigned of_the_dead = *possible & ~(CAN(crash_before) | CAN(crash_after));
    if (!broker_is_dead() || of_the_dead == 0 || !chance(DEAD_PER_MILLE))
        return false;
    *possible = of_the_dead & CAN(again) && sim_draw(3) ? CAN(again) : of_the_dead;
    cluster.now_us += (int64_t)sim_draw(WAIT_US_MAX);
    return true;
}

enum fault draw_fault(unsigned possible)
{
    if (!draw_of_the_dead(&possible) && !chance(cluster.faults_per_mille))
        return FAULT_NONE;
    enum fault fault;
    do
        fault = (enum fault)sim_draw(FAULT_NONE);
    while (!(possible & (1u << fault)));
    count_fault(fault);
    return fault;
}

void sim_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sim_failure_text, SIM_FAILURE_BYTES, format, arguments);
    va_end(arguments);
    exit(SIM_FAILED);
}

void crash_if(enum fault fault, enum fault here)
{
    if (fault == here)
        longjmp(sim_crashed, 1);
}

bool fails(struct failure *failure, enum remedy remedy, enum failure_cause cause, const char *text)
{
    failure_set(failure, remedy, cause, "%s", text);
    return false;
}

void sim_print_faults(void)
{
    for (int i = 0; i < FAULT_NONE; i++)
        printf("%s %lld ", fault_names[i], (long long)fault_counts[i]);
    printf("\n");
}

void sim_faults(int per_mille)
{
    cluster.faults_per_mille = per_mille;
}

void sim_markers_late(int per_mille)
{
    cluster.late_per_mille = per_mille;
}

/* --- time --- */

void answer_takes_a_while(void)
{
    cluster.now_us += 1000 + (int64_t)sim_draw(4000);
}

void sim_pass_time(int64_t us)
{
    cluster.now_us += us;
    coordinator_pass_time();
    group_pass_time();
}

void sim_look_takes(int64_t us)
{
    cluster.look_us = us;
}

/* --- system/clock.h --- */

/* Whoever looks at the clock again and again sees it move. */
int64_t clock_us(void)
{
    return cluster.now_us += cluster.look_us;
}

int64_t clock_wall_ms(void)
{
    return cluster.now_us / 1000;
}

int64_t clock_cpu_us(void)
{
    return 0;
}

/* --- handles --- */

static struct handle {
    void *object; /* NULL: free */
    enum handle_kind kind;
    int process;
} handles[HANDLES_MAX];

static struct handle *place_of(const void *object)
{
    size_t at = 0;
    while (at < HANDLES_MAX && handles[at].object != object)
        at++;
    must(at < HANDLES_MAX);
    return &handles[at];
}

void *handle_new(enum handle_kind kind, size_t size)
{
    struct handle *handle = place_of(NULL);
    *handle = (struct handle){ memory_alloc_zeroed(1, size), kind, cluster.process };
    return handle->object;
}

void handle_free(void *object)
{
    place_of(object)->object = NULL;
    memory_free(object);
}

void *handle_next(enum handle_kind kind, size_t *at)
{
    while (*at < HANDLES_MAX) {
        const struct handle *handle = &handles[(*at)++];
        if (handle->object && handle->kind == kind)
            return handle->object;
    }
    return NULL;
}

void sim_process(int number)
{
    cluster.process = number;
}

void sim_forget_handles(void)
{
    for (size_t i = 0; i < HANDLES_MAX; i++)
        if (handles[i].object && handles[i].process == cluster.process)
            handle_free(handles[i].object);
}

/* --- stream/properties.h, stream/topics.h --- */

void stream_set_talk(stream_talk_fn *talk)
{
    (void)talk;
}

const char *stream_library_version(void)
{
    return "simulated";
}

bool admin_cluster(struct admin *admin, char *ret_id, size_t size, struct failure *failure)
{
    (void)admin;
    (void)failure;
    snprintf(ret_id, size, "simulated");
    return true;
}

bool admin_ends(struct admin *admin, const char *topic, int32_t partition, int64_t *ret_begin,
                int64_t *ret_end, struct failure *failure)
{
    (void)admin;
    if (draw_fault(CAN(again)) != FAULT_NONE)
        return fails(failure, REMEDY_STOP, CAUSE_UNREACHABLE, "no answer");
    const struct log *log = log_of_topic(topic, partition);
    *ret_begin = log ? log->begin : cluster.input[partition].begin;
    *ret_end = log ? (int64_t)log->count : input_end(partition);
    return true;
}

/* --- begin and end --- */

void sim_begin(uint64_t seed)
{
    memset(&cluster, 0, sizeof(cluster));
    cluster.random = seed * 0x9E3779B97F4A7C15ULL + 1;
    cluster.now_us = 1000000;
    cluster.look_us = 20;
    for (int p = 0; p < SIM_PARTITIONS; p++)
        cluster.committed[p] = (struct position){ .partition = p, .offset = OFFSET_NONE };
}

void sim_on_commit(sim_commit_fn *commit)
{
    cluster.commit = commit;
}

void sim_end(void)
{
    for (size_t i = 0; i < HANDLES_MAX; i++)
        must(!handles[i].object);
    for (int p = 0; p < SIM_PARTITIONS; p++) {
        log_release(&cluster.input[p]);
        for (int topic = 0; topic < SIM_TOPICS; topic++)
            log_release(&cluster.outputs[topic][p]);
    }
}
