/* poison.h - says to AddressSanitizer which bytes of our own blocks nobody may touch; in other builds
 * nothing.
 * Units:   bytes. What is poisoned begins at a multiple of 8.
 * Threads: any.
 *
 * Nearly all memory of the engine lies in arenas: to the sanitizer a block is one piece, and a byte too far
 * in it is fine. */
#ifndef BUNDELWACHT_BASE_POISON_H
#define BUNDELWACHT_BASE_POISON_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_IS_ON 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISON_IS_ON 1
#endif

#ifdef POISON_IS_ON
#define POISON_GAP_BYTES 16 /* between two pieces of an arena */
void poison(void *at, size_t size);
void unpoison(void *at, size_t size);
bool is_poisoned(const void *at, size_t size); /* every byte of it */
/* Whether all bytes of a piece may be touched and the one behind it not; where nothing is poisoned: true. */
bool poison_begins_behind(const void *piece, size_t size);
#else
#define POISON_GAP_BYTES 0
static inline void poison(void *at, size_t size)
{
    (void)at;
    (void)size;
}
static inline void unpoison(void *at, size_t size)
{
    (void)at;
    (void)size;
}
static inline bool poison_begins_behind(const void *piece, size_t size)
{
    (void)piece;
    (void)size;
    return true;
}
#endif

#endif
