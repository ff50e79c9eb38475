/* world.h - one world: its parameters, drawn from its seed or given, and its life from the first line to
 * rest.
 * Owner:   one world at a time per process.
 * Units:   turns; numbers; per mille of calls.
 * Errors:  what is wrong ends the process (sim_fail).
 * Threads: one. */
#ifndef BUNDELWACHT_TESTS_SIM_WORLD_H
#define BUNDELWACHT_TESTS_SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum change_kind {
    CHANGE_NONE,
    CHANGE_THRESHOLDS, /* other alerts, and few of them */
    CHANGE_BUDGETS,    /* of what is in force: --allow-redefinition */
    CHANGE_SEES_MORE,  /* lines that the first book did not keep */
    CHANGE_TWICE,      /* thresholds, then budgets as well */
    CHANGE_KINDS
};

/* NAME, least, most, what it is. The draw is between both, unless world_draw says otherwise. */
#define PARAMETERS(X)                                                                                      \
    X(lines, 1, 400, "records of the input")                                                               \
    X(turns, 10, 5000, "turns with faults, before the peace in which everything comes to rest")            \
    X(faults, 0, 500, "per mille of the calls of Kafka that have one")                                     \
    X(disk_faults, 0, 500, "per mille of the starts before which something happens to a file")             \
    X(change, 0, 4, "of book: none, thresholds, budgets, sees more, twice")                                \
    X(retention, 0, 1, "the log's beginning is deleted as far as checkpoints reach")                       \
    X(directories, 1, 3, "1: one for all processes; 3: each has its own")                                  \
    X(checkpoints, 0, 1, "taken while it runs, too; else only where they must be")                         \
    X(zombies, 0, 1, "a process that is frozen may be replaced, and wakes as a zombie")                      \
    X(slow, 0, 1, "each look at the clock takes milliseconds")                                             \
    X(outbox, 1, 200, "outputs of a transaction at the most")                                                \
    X(late, 0, 500, "per mille of the markers that come late")                                             \
    X(deaths, 0, 100, "per mille of the turns at which a broker dies: markers get lost, calls fail")       \
    X(expiry, 0, 1, "transactional ids of processes that are away are forgotten")                          \
    X(foreign, 0, 1, "somebody else has a transaction in an output partition now and then")                \
    X(ageing, 0, 1, "outputs are compacted, and lose their beginning")                                     \
    X(gone, 0, 3, "the process with this number is gone for good some time; 0: none")

struct world {
#define AS_FIELD(name, least, most, what) int name;
    PARAMETERS(AS_FIELD)
#undef AS_FIELD
};

struct world_counts {
    int64_t starts, crashes, freezes, zombies, failures, refusals, digests, other_logs, gone;
};

struct world world_draw(uint64_t seed);
/* Lives it; comes back when everything was as it must be. */
void world_live(const struct world *world, uint64_t seed);
void world_print(const struct world *world, FILE *stream);
/* By its name; NULL: there is no such parameter. */
int *world_parameter(struct world *world, const char *name);

/* Once per process: books and schemas, and where state directories are. False: a book is wrong (said on
 * stderr). */
bool worlds_open(const char *source_directory, const char *base_directory);
void worlds_close(void);
const struct world_counts *worlds_counts(void);

#endif
