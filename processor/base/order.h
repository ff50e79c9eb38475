/* order.h - a stable sort of pointers (qsort may allocate, and is not stable).
 * Owner:   the caller owns items and scratch, both of `count` pointers.
 * Errors:  none.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_ORDER_H
#define BUNDELWACHT_BASE_ORDER_H

#include <stddef.h>

typedef int order_fn(const void *a, const void *b);
void order_pointers(const void *items[], size_t count, order_fn *compare, const void *scratch[]);

#endif
