/* names.h - strings of a state that was read from a snapshot: each is kept once, as long as the engine.
 * Owner:   the table owns them.
 * Threads: with its engine.
 *
 * In a state that has been folded these strings live in the book and in lines; a snapshot knows neither (snapshot.h). */
#ifndef BUNDELWACHT_ENGINE_NAMES_H
#define BUNDELWACHT_ENGINE_NAMES_H

#include "base/arena.h"

struct names {
    struct arena arena;
    struct bytes *table; /* by hash; a null one is free */
    size_t count, capacity;
};

void names_init(struct names *names);
void names_release(struct names *names);
struct bytes names_keep(struct names *names, struct bytes name); /* null stays null */

#endif
