/* persons.h - all persons of a partition who have a line that is kept, and the queue of their due dates (§9).
 * Owner:   the table owns the persons; their content is pieces of the engine's pool.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_PERSONS_H
#define BUNDELWACHT_ENGINE_PERSONS_H

#include "base/key_table.h"
#include "engine/person.h"

struct due {
    int32_t day;
    uint32_t slot;
};
struct persons {
    struct person **slots; /* a free one is NULL */
    uint32_t slots_count, slots_capacity;
    uint32_t *free_slots;
    uint32_t free_count, free_capacity;
    struct key_table table; /* slot + 1 by hash of the pseudonym */
    uint64_t count;
    /* the earliest day first; an entry whose day is not its person's any more is stale */
    struct due *due_queue;
    size_t due_queue_count, due_queue_capacity;
};

void persons_init(struct persons *persons);
void persons_release(struct persons *persons); /* their content goes with the pool */
struct person *persons_find(const struct persons *persons, struct bytes insured); /* or NULL */
/* not there yet */
struct person *persons_add(struct persons *persons, struct pool *pool, struct bytes insured);
/* who is then the caller's to release (change.h) */
void persons_remove(struct persons *persons, const struct person *person);

/* In the order of the bytes of the pseudonym; in `arena`. */
struct person **persons_all(const struct persons *persons, struct arena *arena, size_t *ret_count);

/* The day on which the person stands in the due queue, or DAY_NONE; to be called once before person->due
 * changes. */
int32_t persons_due_before(struct person *person);
/* To be called when person->due is no longer `due_before`. */
void persons_schedule(struct persons *persons, const struct person *person, int32_t due_before);
/* Takes everybody who is due by `day` out of the due queue, in the order of the bytes of the pseudonym; in
 * `arena`. */
struct person **persons_pop_due(struct persons *persons, int32_t day, struct arena *arena, size_t *ret_count);

#endif
