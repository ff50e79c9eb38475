/* sort.h - a stable sort of pointers (qsort may allocate, and is not stable).
 * Owner:   the caller owns items and scratch, both of `count` pointers.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_SORT_H
#define BUNDELWACHT_BASE_SORT_H

#include <stddef.h>

typedef int sort_compare_fn(const void *a, const void *b);
void sort_stable(const void *items[], size_t count, sort_compare_fn *compare, const void *scratch[]);

#endif
