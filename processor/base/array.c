#include "base/array.h"

void *arena_array_moved(struct arena *arena, const void *items, size_t count, size_t capacity, size_t size)
{
    void *moved = arena_array(arena, size, capacity);
    if (count > 0)
        memcpy(moved, items, count * size);
    return moved;
}
