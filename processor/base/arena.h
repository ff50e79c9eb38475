/* arena.h - memory from blocks, taken back all at once; and a pool that also takes single pieces back.
 * Owner:   the arena owns its blocks; what it hands out lives until arena_clear or arena_release.
 * Units:   bytes. Everything is aligned to 16 and not zeroed, but for arena_zeroed.
 * Errors:  none: when the system has no memory the program stops (must). Under AddressSanitizer all that is
 * not handed out is poisoned.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_BASE_ARENA_H
#define BUNDELWACHT_BASE_ARENA_H

#include "base/bytes.h"
#include "base/poison.h"

struct arena_block;

struct arena {
    struct arena_block *first, *current;
    char *next, *end;      /* of the current block */
    size_t block_bytes;    /* 0: the default of 64 KiB */
    size_t reserved_bytes; /* taken from the system */
};

void arena_init(struct arena *arena, size_t block_bytes);
void *arena_alloc_slow(struct arena *arena, size_t size);
void *arena_zeroed(struct arena *arena, size_t size);
struct bytes arena_copy(struct arena *arena, struct bytes from); /* null stays null */
void arena_clear(struct arena *arena);                           /* empty and usable; the blocks stay */
void arena_release(struct arena *arena);                         /* gives the blocks back */

static inline void *arena_alloc(struct arena *arena, size_t size)
{
    size += size == 0; /* nothing has an address, too: it may be copied and compared */
    size_t rounded = (size + POISON_GAP_BYTES + 15) & ~(size_t)15;
    if (rounded > (size_t)(arena->end - arena->next) || size > rounded)
        return arena_alloc_slow(arena, size);
    char *taken = arena->next;
    arena->next += rounded;
    unpoison(taken, size);
    return taken;
}

/* An array of `count` things of a type, with the product checked. */
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array((arena), sizeof(type), (count)))
void *arena_array(struct arena *arena, size_t size, size_t count);

/* A pool: pieces of any size out of an arena, with a free list per size class (what is forgotten is used
 * again, §2). */
#define POOL_CLASSES 128
struct pool {
    struct arena arena;
    void *free[POOL_CLASSES];
    size_t used_bytes; /* handed out and not given back */
};

void pool_init(struct pool *pool);
void *pool_alloc(struct pool *pool, size_t size);
void pool_free(struct pool *pool, void *piece, size_t size); /* the same size as taken; NULL is fine */
/* Moves `used` bytes into a piece of `size_new`, gives the old one back. */
void *pool_grow(struct pool *pool, void *piece, size_t size_old, size_t size_new, size_t used);
struct bytes pool_copy(struct pool *pool, struct bytes from); /* not null */
void pool_free_bytes(struct pool *pool, struct bytes copy);    /* what pool_copy gave */
void pool_release(struct pool *pool);

#endif
