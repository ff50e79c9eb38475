/* key_table.h - finds by the hash of a key what is kept elsewhere: open addressing, half full at the most.
 * Owner:   the table owns its entries; the keys are its caller's, who compares them.
 * Units:   a value is any number but 0: a pointer, or a place plus one.
 * Errors:  none: when the system has no memory the program stops (must).
 * Threads: one at a time.
 *
 *     struct key_entry *entry = key_table_first(&table, hash);
 *     while (entry && !bytes_equal(things[entry->value - 1].key, key))
 *         entry = key_table_next(&table, entry); */
#ifndef BUNDELWACHT_BASE_KEY_TABLE_H
#define BUNDELWACHT_BASE_KEY_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct key_entry {
    uint64_t hash;
    uint64_t value; /* 0: free */
};
struct key_table { /* all zero: empty */
    struct key_entry *entries;
    size_t count, capacity; /* a power of two, or 0 */
};

void key_table_release(struct key_table *table);
/* Another one, also when the hash is there already. An entry is valid until the next one is added or
 * removed. */
struct key_entry *key_table_add(struct key_table *table, uint64_t hash, uint64_t value);
void key_table_remove(struct key_table *table, struct key_entry *entry);

/* The entry at `at` or behind it that has this hash; NULL where a free one comes first. */
static inline struct key_entry *key_table_from(const struct key_table *table, uint64_t hash, size_t at)
{
    for (at &= table->capacity - 1; table->entries[at].value != 0; at = (at + 1) & (table->capacity - 1))
        if (table->entries[at].hash == hash)
            return &table->entries[at];
    return NULL;
}
static inline struct key_entry *key_table_first(const struct key_table *table, uint64_t hash)
{
    return table->capacity == 0 ? NULL : key_table_from(table, hash, (size_t)hash);
}
static inline struct key_entry *key_table_next(const struct key_table *table, const struct key_entry *entry)
{
    return key_table_from(table, entry->hash, (size_t)(entry - table->entries) + 1);
}

#endif
