/* explain.h - why: what the rules note on their way when somebody asks (§3 to §8). The sentences:
 * explain/sentences.h.
 * Owner:   the arena of the history; notes point into the history, and end with it.
 * Units:   days and cents.
 * Errors:  none.
 * Threads: with its engine.
 *
 * The code that decides leaves the notes: there is no second copy of the rules. A history without an
 * explanation leaves none. What can be asked afterwards (why an episode is no candidate of a line) is asked
 * of the functions that decided, and not noted. */
#ifndef BUNDELWACHT_ENGINE_EXPLAIN_H
#define BUNDELWACHT_ENGINE_EXPLAIN_H

#include "engine/contract.h"
#include "engine/history.h"

/* A step of a window (§6) that set a day. */
enum window_step_kind {
    WINDOW_START,
    WINDOW_CUT_START,
    WINDOW_END,
    WINDOW_EXTENDED,
    WINDOW_ENDED,
    WINDOW_TRUNCATED,
    WINDOW_SUPPRESSED
};
struct window_step {
    enum window_step_kind kind;
    const struct episode *episode;
    int32_t day;                 /* opens_window of the first two, else closes_on, after the step */
    const struct placed *line;   /* that extended, ended or truncated it */
    const struct episode *other; /* the earlier one that cut its start, or the one that suppressed it */
    struct bytes name;           /* of the entry of `closes.end` or `excludes` */
};

/* A candidate that lost a line to another (§7). */
struct loss {
    const struct placed *line;
    const struct episode *loser, *winner;
};

struct explanation {
    struct arena *arena;
    struct opener *openers; /* every line that met a, by insurer, bundle in the order of §6, and care order */
    size_t openers_count, openers_capacity;
    struct window_step *steps;
    size_t steps_count, steps_capacity;
    struct loss *losses;
    size_t losses_count, losses_capacity;
};

void explanation_add_opener(struct explanation *explanation, const struct opener *opener);
void explanation_add_step(struct explanation *explanation, const struct window_step *step);
void explanation_add_loss(struct explanation *explanation, const struct loss *loss);

#endif
