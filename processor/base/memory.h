/* memory.h - memory from the system for what grows by itself, such as tables.
 * Owner:   the caller, until memory_free.
 * Errors:  none: when the system has no memory the program stops (must).
 * Threads: any. */
#ifndef BUNDELWACHT_BASE_MEMORY_H
#define BUNDELWACHT_BASE_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t count, size_t size);
void *memory_alloc_zeroed(size_t count, size_t size);
void *memory_grow(void *memory, size_t count, size_t size);
void memory_free(void *memory); /* NULL is fine */

#endif
