/* intern.h - strings of a state that was read from a snapshot: each is held once, as long as the engine.
 * Owner:   the table owns them.
 * Threads: with its engine.
 *
 * In a state that has been folded these strings live in the book and in lines; a snapshot knows neither (snapshot.h). */
#ifndef BUNDELWACHT_ENGINE_INTERN_H
#define BUNDELWACHT_ENGINE_INTERN_H

#include "base/arena.h"

struct interned {
    struct arena arena;
    struct bytes *table; /* by hash; a null one is free */
    size_t count, capacity;
};

void interned_init(struct interned *interned);
void interned_release(struct interned *interned);
struct bytes intern(struct interned *interned, struct bytes name); /* null stays null */

#endif
