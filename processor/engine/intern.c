#include "engine/intern.h"

#include "base/hash.h"
#include "base/memory.h"

void interned_init(struct interned *interned)
{
    *interned = (struct interned){ 0 };
    arena_init(&interned->arena, 0);
}

void interned_release(struct interned *interned)
{
    arena_release(&interned->arena);
    memory_free(interned->table);
    *interned = (struct interned){ 0 };
}

static struct bytes *slot_of(const struct interned *interned, struct bytes name)
{
    size_t at = hash64(name.data, name.length, 0) & (interned->capacity - 1);
    while (!bytes_is_null(interned->table[at]) && !bytes_equal(interned->table[at], name))
        at = (at + 1) & (interned->capacity - 1);
    return &interned->table[at];
}

static void grow(struct interned *interned)
{
    struct interned before = *interned;
    interned->capacity = before.capacity ? before.capacity * 2 : 64;
    interned->table = memory_alloc_zeroed(interned->capacity, sizeof(*interned->table));
    for (size_t i = 0; i < before.capacity; i++)
        if (!bytes_is_null(before.table[i]))
            *slot_of(interned, before.table[i]) = before.table[i];
    memory_free(before.table);
}

struct bytes intern(struct interned *interned, struct bytes name)
{
    if (bytes_is_null(name))
        return BYTES_NULL;
    if (interned->count * 2 >= interned->capacity)
        grow(interned);
    struct bytes *slot = slot_of(interned, name);
    if (bytes_is_null(*slot)) {
        *slot = arena_copy(&interned->arena, name);
        interned->count++;
    }
    return *slot;
}
