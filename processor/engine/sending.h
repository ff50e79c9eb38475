/* sending.h - what a change sends: the difference between a history and what was sent last under every key
 * (§11).
 * Owner:   what is sent is copied into the outputs; what is remembered becomes pieces of the pool.
 * Errors:  none.
 * Threads: with its engine.
 *
 * Decisions, episodes and alerts are put together one kind after the other, and each kind goes out in the
 * order of its keys. */
#ifndef BUNDELWACHT_ENGINE_SENDING_H
#define BUNDELWACHT_ENGINE_SENDING_H

#include "engine/person.h"

struct sending {
    struct person *person;
    const struct change *change;
    struct history *history;
    struct output **items; /* of the kind at hand */
    size_t count, capacity;
};

/* Every episode of the history gets its place among those that were sent. */
void sending_match_episodes(struct sending *sending);
/* Each adds what differs from what was sent last, and remembers it. */
void sending_decision(struct sending *sending, const struct placed *placed);
void sending_repeat(struct sending *sending, const struct line *line, const struct repeat *repeat);
void sending_episode(struct sending *sending, int32_t insurer, const struct episode *episode);
void sending_void_episodes(struct sending *sending); /* those that the history has not */
/* `may_clear`: whether a sent alert that is not in the set has left it; NULL: all have. */
typedef bool may_clear_fn(const struct sending *sending, const struct sent_alert *sent);
void sending_alerts(struct sending *sending, const struct alert_set *set, may_clear_fn *may_clear);
/* settlement_changed for the episodes among the outputs from `first` on. */
void sending_settlements(struct sending *sending, size_t first);
/* Gives what was added out, in the order of its keys. */
void sending_flush(struct sending *sending);

/* The decision of a line that has no share and no history, at once (identity only, §2 forgotten at once). */
void decision_fill(struct decision *decision, const struct declaration *declaration, struct bytes insured,
                   uint8_t status, uint8_t reason);
struct bytes decision_key(struct arena *arena, struct bytes insured, struct bytes id);

/* --- what is forgotten --- */
typedef bool alert_gone_fn(const void *context, const struct sent_alert *sent);
void sent_alerts_drop(struct person *person, struct pool *pool, alert_gone_fn *gone, const void *context);
void sent_episodes_drop(struct person *person, struct pool *pool);

#endif
