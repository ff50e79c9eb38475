#include "base/sort.h"

#include "base/bytes.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(sort, .timeout = 10);

struct item {
    unsigned key, place;
};

static int by_key(const void *a, const void *b)
{
    const struct item *left = a, *right = b;
    return (left->key > right->key) - (left->key < right->key);
}

Test(sort, sorts_any_number_and_keeps_equals_in_place)
{
    enum { ITEMS = 1000 };
    static struct item items[ITEMS];
    static const void *pointers[ITEMS], *scratch[ITEMS];
    unsigned seed = 1;
    for (size_t count = 0; count <= ITEMS; count += count < 40 ? 1 : 97) {
        for (size_t i = 0; i < count; i++) {
            seed = seed * 1664525 + 1013904223;
            items[i] = (struct item){ .key = (seed >> 16) % 50, .place = (unsigned)i };
            pointers[i] = &items[i];
        }
        sort_stable(pointers, count, by_key, scratch);
        for (size_t i = 1; i < count; i++) {
            const struct item *before = pointers[i - 1], *after = pointers[i];
            cr_assert(before->key < after->key || (before->key == after->key && before->place < after->place),
                      "at %zu of %zu", i, count);
        }
    }
}

Test(sort, takes_sorted_and_reversed_runs)
{
    struct item items[100];
    const void *pointers[100], *scratch[100];
    for (unsigned reversed = 0; reversed < 2; reversed++) {
        for (unsigned i = 0; i < COUNT(items); i++) {
            items[i] = (struct item){ .key = reversed ? 100 - i : i, .place = i };
            pointers[i] = &items[i];
        }
        sort_stable(pointers, COUNT(items), by_key, scratch);
        for (size_t i = 1; i < COUNT(items); i++)
            cr_assert(le(int, by_key(pointers[i - 1], pointers[i]), 0));
    }
}
