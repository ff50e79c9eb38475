#include "base/array.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(array, .timeout = 10);

Test(array, grows_one_by_one_and_keeps_what_it_has)
{
    uint32_t *items = NULL, count = 0, capacity = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        ARRAY_ROOM(items, count, capacity);
        cr_assert(capacity > count);
        items[count++] = i;
    }
    for (uint32_t i = 0; i < count; i++)
        cr_assert(items[i] == i, "%u", i);
    cr_expect(capacity == 8192, "doubles: %u", capacity);
    memory_free(items);
}

Test(array, in_an_arena_moves_and_leaves_the_old_one_as_it_was)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char **items = NULL, **first = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < 1000; i++) {
        ARENA_ARRAY_ROOM(&arena, items, count, capacity);
        first = first ? first : items;
        items[count++] = i % 2 ? "odd" : "even";
    }
    cr_expect(first != items && first[0] == items[0] && first[7] == items[7]);
    for (size_t i = 0; i < count; i++)
        cr_assert(items[i][0] == (i % 2 ? 'o' : 'e'), "%zu", i);
    arena_release(&arena);
}
