#include "base/key_table.h"

#include "base/memory.h"
#include "base/must.h"

enum { CAPACITY_FIRST = 64 };

void key_table_release(struct key_table *table)
{
    memory_free(table->entries);
    *table = (struct key_table){ 0 };
}

static struct key_entry *put(struct key_table *table, struct key_entry entry)
{
    size_t at = (size_t)entry.hash & (table->capacity - 1);
    while (table->entries[at].value != 0)
        at = (at + 1) & (table->capacity - 1);
    table->entries[at] = entry;
    return &table->entries[at];
}

static void grow(struct key_table *table)
{
    struct key_table before = *table;
    table->capacity = before.capacity ? before.capacity * 2 : CAPACITY_FIRST;
    table->entries = memory_alloc_zeroed(table->capacity, sizeof(*table->entries));
    for (size_t i = 0; i < before.capacity; i++)
        if (before.entries[i].value != 0)
            put(table, before.entries[i]);
    memory_free(before.entries);
}

struct key_entry *key_table_add(struct key_table *table, uint64_t hash, uint64_t value)
{
    must(value != 0);
    table->count++;
    if (table->count * 2 > table->capacity)
        grow(table);
    return put(table, (struct key_entry){ hash, value });
}

/* Moves back what was pushed past the hole, so that no search ends too early. */
void key_table_remove(struct key_table *table, struct key_entry *entry)
{
    size_t mask = table->capacity - 1, hole = (size_t)(entry - table->entries);
    for (size_t at = (hole + 1) & mask; table->entries[at].value != 0; at = (at + 1) & mask) {
        size_t home = (size_t)table->entries[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->entries[hole] = table->entries[at];
        hole = at;
    }
    table->entries[hole] = (struct key_entry){ 0 };
    table->count--;
}
