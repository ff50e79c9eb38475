/* person.h - one person: the lines that are kept, what was sent last under every key, and the differences
 * (§11).
 * Owner:   everything is pieces of the partition's pool.
 * Units:   cents and days.
 * Errors:  none.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_PERSON_H
#define BUNDELWACHT_ENGINE_PERSON_H

#include "engine/alert.h"
#include "engine/history.h"

/* An episode as it was sent last. Its strings live in the book and in the person's lines, its key and
 * measures here. */
struct sent_episode {
    struct episode_output last; /* revision 0: nothing was sent yet */
    /* this and what follows: NULL when it came out of a snapshot as VOID, or under another book */
    const struct definition *definition;
    uint32_t bundle_at;
    const struct contract *contract; /* or NULL */
    const struct stratum *stratum;   /* or NULL */
    const struct line *opening, *first_price; /* first_price: or NULL */
    int64_t settled_value; /* at the last settlement (§9) */
    int32_t final_after;   /* days after closes_on (§9 after_final) */
    bool settled_once;
    uint32_t voided;       /* of a VOID one: after how many changes that voided something, from 1; else 0 */
    bool found;            /* in the history at hand */
};
/* An alert that was sent, raised or cleared: its revision goes on. */
struct sent_alert {
    struct alert last;       /* as it was raised last; subject and message are pieces of the pool */
    struct bytes key;        /* a piece of the pool */
    const struct line *line; /* that its subject names, or NULL */
};
/* What axiom 3 of §0 says of a person: standing = cost + outside. */
struct person_sums {
    int64_t standing, cost, outside;
};

struct person {
    struct bytes insured;
    uint64_t hash;
    uint32_t slot;
    int32_t due;        /* the next day on which the clock or forgetting changes something, or DAY_NONE */
    bool is_taken;      /* out of the due queue, and not yet changed */
    bool has_rest;      /* a line that does not meet the condition of no_rule (§2) */
    uint32_t in_snapshot;  /* the number of the last snapshot that has it (snapshot.h) */
    int32_t forget_due; /* the part of it that is forgetting */
    struct line **lines;
    uint32_t lines_count, lines_capacity;
    uint32_t episodes_count, episodes_capacity;
    struct sent_episode *episodes;
    struct sent_alert **alerts; /* by key */
    uint32_t alerts_count, alerts_capacity;
    struct person_sums sums;
};

/* What one record or one day changes, before it is sent. */
struct change {
    const struct rules *rules;
    struct pool *pool;
    struct arena *scratch; /* ends with the change */
    struct outputs *outputs;
    struct bytes cause;
    int32_t as_of;
    bool bundles_only;
};

/* Room for one more in an array of the pool, doubling it. */
void *person_array_room(struct pool *pool, void *items, uint32_t count, uint32_t *capacity, size_t size);
void person_add_line(struct person *person, struct pool *pool, struct line *line);
struct line *person_find_line(const struct person *person, struct bytes declaration_id); /* or NULL */

#endif
