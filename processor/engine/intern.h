/* intern.h - strings of a state that was read from a snapshot: each is held once, as long as the engine.
 * Owner:   the table owns them.
 * Threads: with its engine.
 *
 * In a state that has been folded these strings live in the book and in lines; a snapshot knows neither
 * (snapshot.h). */
#ifndef BUNDELWACHT_ENGINE_INTERN_H
#define BUNDELWACHT_ENGINE_INTERN_H

#include "base/arena.h"
#include "base/key_table.h"

struct interned {
    struct arena arena;
    struct bytes *items;
    size_t count, capacity;
    struct key_table table; /* the slot of an item + 1 */
};

void interned_init(struct interned *interned);
void interned_release(struct interned *interned);
struct bytes intern(struct interned *interned, struct bytes name); /* null stays null */

#endif
