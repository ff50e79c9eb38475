#include "base/key_table.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(key_table, .timeout = 30);

static struct key_entry *find(const struct key_table *table, uint64_t hash, uint64_t value)
{
    for (struct key_entry *entry = key_table_first(table, hash); entry; entry = key_table_next(table, entry))
        if (entry->value == value)
            return entry;
    return NULL;
}

Test(key_table, is_empty_at_first)
{
    struct key_table table = { 0 };
    cr_expect(key_table_first(&table, 0) == NULL);
    cr_expect(key_table_add(&table, 7, 1)->value == 1 && table.count == 1);
    cr_expect(key_table_first(&table, 7 + 64) == NULL, "another hash with the same home");
    key_table_release(&table);
}

/* Few hashes, so that they collide, wrap around and stand in each other's way; an array says what should be
 * there. */
enum { VALUES = 40 };
static const uint64_t hashes[] = { 0, 1, 2, 3, 61, 62, 63, 64, 65, 126, 127, 128,
                                   0x8000000000000000u, UINT64_MAX };
static bool there[COUNT(hashes)][VALUES];

static void expect_all(const struct key_table *table, int step)
{
    size_t count = 0;
    for (size_t h = 0; h < COUNT(hashes); h++)
        for (size_t v = 0; v < VALUES; v++) {
            bool found = find(table, hashes[h], v + 1) != NULL;
            cr_assert(found == there[h][v], "step %d, hash %zu, value %zu", step, h, v);
            count += found;
        }
    cr_assert(table->count == count, "step %d", step);
}

Test(key_table, agrees_with_a_list_through_any_additions_and_removals)
{
    struct key_table table = { 0 };
    uint64_t seed = 1;
    for (int step = 0; step < 100000; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = (size_t)(seed >> 33) % COUNT(hashes), value = (size_t)(seed >> 45) % VALUES;
        if (there[at][value])
            key_table_remove(&table, find(&table, hashes[at], value + 1));
        else
            key_table_add(&table, hashes[at], value + 1);
        there[at][value] = !there[at][value];
        if (step % 97 == 0)
            expect_all(&table, step);
    }
    expect_all(&table, -1);
    key_table_release(&table);
}
