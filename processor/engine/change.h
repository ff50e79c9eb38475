/* change.h - a person changes: recomputed, what differs sent, and that remembered (§11); or forgotten in part
 * (§2).
 * Owner:   what is sent is copied into the outputs; what is remembered becomes pieces of the pool.
 * Errors:  none; must() checks axiom 3 of §0.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_CHANGE_H
#define BUNDELWACHT_ENGINE_CHANGE_H

#include "engine/person.h"

struct engine;

/* Recomputes the person from the lines that are kept and adds what differs from what was sent last. `repeat`
 * of `line`, when not NULL, is new and is sent with it. */
void person_change(struct person *person, const struct change *change, const struct line *line,
                   const struct repeat *repeat);
/* Forgets what §2 says is due on as_of; emits nothing. Returns whether nothing of the person is left. The ids
 * of lines that went are handed to `forgotten`. */
typedef void forgotten_fn(void *context, const struct person *person, const struct line *line);
bool person_forget(struct person *person, const struct change *change, forgotten_fn *forgotten,
                   void *context);
/* All that is the person's, and the person. */
void person_release(struct person *person, struct pool *pool);

/* --- a person of an engine --- */

/* The scratch of the change before ends. */
struct change change_begin(struct engine *engine, struct bytes cause, struct outputs *outputs);
/* person_change, and what the engine knows of the person: the snapshot under way, the sums, what is due. */
void engine_change_person(struct engine *engine, struct person *person, struct bytes cause,
                          const struct line *line, const struct repeat *repeat, struct outputs *outputs);
void engine_sums_move(struct engine *engine, struct person_sums before, struct person_sums after);
/* Of a person whose forgetting is due before the next record. */
void engine_forget_later(struct engine *engine, const struct person *person);

#endif
