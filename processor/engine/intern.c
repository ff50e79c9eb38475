#include "engine/intern.h"

#include "base/array.h"
#include "base/hash.h"

void interned_init(struct interned *interned)
{
    *interned = (struct interned){ 0 };
    arena_init(&interned->arena, 0);
}

void interned_release(struct interned *interned)
{
    arena_release(&interned->arena);
    key_table_release(&interned->table);
    memory_free(interned->items);
    *interned = (struct interned){ 0 };
}

struct bytes intern(struct interned *interned, struct bytes name)
{
    if (bytes_is_null(name))
        return BYTES_NULL;
    uint64_t hash = hash64(name.data, name.length, 0);
    const struct key_entry *entry = key_table_first(&interned->table, hash);
    while (entry && !bytes_equal(interned->items[entry->value - 1], name))
        entry = key_table_next(&interned->table, entry);
    if (entry)
        return interned->items[entry->value - 1];
    ARRAY_ROOM(interned->items, interned->count, interned->capacity);
    interned->items[interned->count++] = arena_copy(&interned->arena, name);
    key_table_add(&interned->table, hash, interned->count);
    return interned->items[interned->count - 1];
}
