/* alert.h - the set of raised alerts: a function of a person's history, the reference and as_of (§10).
 * Owner:   the arena of the history; strings are borrowed from the book, the lines and the history.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_ALERT_H
#define BUNDELWACHT_ENGINE_ALERT_H

#include "engine/history.h"
#include "engine/text.h"

struct raised {
    struct alert alert; /* without message, cause, revision, as_of and book */
    struct bytes key;   /* insured/insurer/type/subject */
    const struct line *line;       /* whose declaration the subject names, or NULL */
    const struct episode *episode; /* whose key `alert.episode` is, or NULL */
};

struct alert_set {
    struct history *history;
    struct raised **items; /* by key after alerts_raise */
    size_t count, capacity;
};

void alerts_raise(struct history *history, struct alert_set *ret_set);
/* The part of the set that a line by itself can change (append.h): what is raised of the only line of the history, and what depends
 * on the cost and the sums of the episodes that it has a share in. */
void alerts_raise_of_line(struct history *history, struct alert_set *ret_set);
bool alert_depends_on_cost(uint8_t type);
struct bytes alert_key(struct arena *arena, const struct alert *alert);
/* One sentence made of the other fields, money in euros; in `arena`. */
struct bytes alert_message(struct arena *arena, const struct alert *alert);
/* The next date after as_of on which the clock alone changes a state, a projection or an alert of this history (§9), or DAY_NONE. */
int32_t history_due(const struct history *history);

#endif
