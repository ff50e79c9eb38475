#include "base/sort.h"

#include <string.h>

enum { RUN = 8 };

static void sort_run(const void *items[], size_t count, sort_compare_fn *compare)
{
    for (size_t i = 1; i < count; i++) {
        const void *item = items[i];
        size_t at = i;
        for (; at > 0 && compare(items[at - 1], item) > 0; at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void merge(const void *const from[], size_t middle, size_t count, sort_compare_fn *compare,
                  const void *into[])
{
    size_t left = 0, right = middle;
    for (size_t i = 0; i < count; i++) {
        if (left < middle && (right >= count || compare(from[left], from[right]) <= 0))
            into[i] = from[left++];
        else
            into[i] = from[right++];
    }
}

void sort_stable(const void *items[], size_t count, sort_compare_fn *compare, const void *scratch[])
{
    for (size_t at = 0; at < count; at += RUN)
        sort_run(items + at, count - at < RUN ? count - at : RUN, compare);
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t length = count - at < 2 * width ? count - at : 2 * width;
            merge(items + at, length < width ? length : width, length, compare, scratch + at);
        }
        memcpy(items, scratch, count * sizeof(*items));
    }
}
