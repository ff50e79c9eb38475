/* array.h - room for one more in an array that doubles, in memory of the system or of an arena.
 * Owner:   the array's; what was there moves, so nothing may point into it. An arena takes nothing back
 *          before its end.
 * Units:   items.
 * Errors:  none: when the system has no memory the program stops (must).
 * Threads: one at a time.
 *
 *     ARRAY_ROOM(list->items, list->count, list->capacity);
 *     list->items[list->count++] = item; */
#ifndef BUNDELWACHT_BASE_ARRAY_H
#define BUNDELWACHT_BASE_ARRAY_H

#include "base/arena.h"
#include "base/memory.h"

#define ARRAY_CAPACITY_FIRST 8

/* memory_free gives it back. */
#define ARRAY_ROOM(items, count, capacity)                                                        \
    do {                                                                                          \
        if ((count) == (capacity)) {                                                              \
            (capacity) = (capacity) ? (capacity)*2 : ARRAY_CAPACITY_FIRST;                        \
            (items) = memory_grow((items), (capacity), sizeof(*(items)));                         \
        }                                                                                         \
    } while (0)

#define ARENA_ARRAY_ROOM(arena, items, count, capacity)                                           \
    do {                                                                                          \
        if ((count) == (capacity)) {                                                              \
            (capacity) = (capacity) ? (capacity)*2 : ARRAY_CAPACITY_FIRST;                        \
            (items) = arena_array_moved((arena), (items), (count), (capacity), sizeof(*(items))); \
        }                                                                                         \
    } while (0)

/* An array of `capacity` things that begins with the `count` of `items`. */
void *arena_array_moved(struct arena *arena, const void *items, size_t count, size_t capacity, size_t size);

#endif
