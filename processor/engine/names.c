#include "engine/names.h"

#include "base/hash.h"
#include "base/memory.h"

void names_init(struct names *names)
{
    *names = (struct names){ 0 };
    arena_init(&names->arena, 0);
}

void names_release(struct names *names)
{
    arena_release(&names->arena);
    memory_give(names->table);
    *names = (struct names){ 0 };
}

static struct bytes *place_of(const struct names *names, struct bytes name)
{
    size_t at = hash64(name.data, name.length, 0) & (names->capacity - 1);
    while (!bytes_is_null(names->table[at]) && !bytes_equal(names->table[at], name))
        at = (at + 1) & (names->capacity - 1);
    return &names->table[at];
}

static void grow(struct names *names)
{
    struct names before = *names;
    names->capacity = before.capacity ? before.capacity * 2 : 64;
    names->table = memory_take_zeroed(names->capacity, sizeof(*names->table));
    for (size_t i = 0; i < before.capacity; i++)
        if (!bytes_is_null(before.table[i]))
            *place_of(names, before.table[i]) = before.table[i];
    memory_give(before.table);
}

struct bytes names_keep(struct names *names, struct bytes name)
{
    if (bytes_is_null(name))
        return BYTES_NULL;
    if (names->count * 2 >= names->capacity)
        grow(names);
    struct bytes *place = place_of(names, name);
    if (bytes_is_null(*place)) {
        *place = arena_copy(&names->arena, name);
        names->count++;
    }
    return *place;
}
