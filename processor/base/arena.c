#include "base/arena.h"

#include "base/must.h"

#include <stdlib.h>

struct arena_block {
    struct arena_block *next;
    size_t size; /* of the usable part */
};

enum { BLOCK_HEAD = 16, BLOCK_DEFAULT = 64 * 1024 };
_Static_assert(sizeof(struct arena_block) <= BLOCK_HEAD, "a block's head keeps the alignment");

void arena_init(struct arena *arena, size_t block_bytes)
{
    *arena = (struct arena){ .block_bytes = block_bytes };
}

static void arena_use(struct arena *arena, struct arena_block *block)
{
    arena->current = block;
    arena->next = (char *)block + BLOCK_HEAD;
    arena->end = arena->next + block->size;
}

/* A large block has the size of a power of two: an arena that is cleared and asked for a little more each
 * time would otherwise have none that is large enough, and take a new one every time. */
static struct arena_block *arena_block_new(struct arena *arena, size_t at_least)
{
    size_t size = (arena->block_bytes ? arena->block_bytes : BLOCK_DEFAULT) - BLOCK_HEAD;
    if (at_least > size)
        for (size = BLOCK_DEFAULT; size < at_least;)
            size *= 2;
    struct arena_block *block = malloc(BLOCK_HEAD + size);
    must(block != NULL && "out of memory");
    block->next = NULL;
    block->size = size;
    arena->reserved_bytes += BLOCK_HEAD + size;
    poison((char *)block + BLOCK_HEAD, size);
    return block;
}

static void *arena_alloc_from(struct arena *arena, struct arena_block *block, size_t size, size_t rounded)
{
    arena_use(arena, block);
    arena->next += rounded;
    unpoison(arena->next - rounded, size);
    return arena->next - rounded;
}

void *arena_alloc_slow(struct arena *arena, size_t size)
{
    must(size <= SIZE_MAX / 2);
    size_t rounded = (size + POISON_GAP_BYTES + 15) & ~(size_t)15;
    /* After arena_clear the blocks behind the current one are empty: use the first that is large enough. */
    struct arena_block *block = arena->current;
    while (block && block->next) {
        block = block->next;
        if (block->size >= rounded)
            return arena_alloc_from(arena, block, size, rounded);
    }
    struct arena_block *fresh = arena_block_new(arena, rounded);
    if (block)
        block->next = fresh;
    else
        arena->first = fresh;
    return arena_alloc_from(arena, fresh, size, rounded);
}

void *arena_zeroed(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_array(struct arena *arena, size_t size, size_t count)
{
    must(size == 0 || count <= SIZE_MAX / 4 / size);
    return arena_alloc(arena, size * count);
}

struct bytes arena_copy(struct arena *arena, struct bytes from)
{
    if (bytes_is_null(from))
        return BYTES_NULL;
    char *copy = arena_alloc(arena, from.length ? from.length : 1);
    if (from.length)
        memcpy(copy, from.data, from.length);
    return (struct bytes){ copy, from.length };
}

/* Blocks behind the current one are poisoned already. */
static void poison_used(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block && block != arena->current; block = block->next)
        poison((char *)block + BLOCK_HEAD, block->size);
    if (arena->current)
        poison((char *)arena->current + BLOCK_HEAD,
               (size_t)(arena->next - (char *)arena->current) - BLOCK_HEAD);
}

void arena_clear(struct arena *arena)
{
    if (POISON_GAP_BYTES > 0)
        poison_used(arena);
    if (arena->first)
        arena_use(arena, arena->first);
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->first; block;) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena_init(arena, arena->block_bytes);
}

/* Classes grow by a quarter (…, 64, 80, 96, 112, 128, 160, …), so at most a fifth of a piece is unused. */
static unsigned pool_class(size_t size, size_t *ret_size)
{
    if (size <= 64) {
        unsigned small = size <= 16 ? 0 : (unsigned)((size - 1) / 16);
        *ret_size = (size_t)(small + 1) * 16;
        return small;
    }
    unsigned log = 63 - (unsigned)__builtin_clzl(size - 1); /* 2^log < size <= 2^(log+1) */
    size_t quarter = (size_t)1 << (log - 2);
    unsigned step = (unsigned)((size - 1 - ((size_t)1 << log)) / quarter);
    *ret_size = ((size_t)1 << log) + (step + 1) * quarter;
    return 4 + (log - 6) * 4 + step;
}

void pool_init(struct pool *pool)
{
    *pool = (struct pool){ 0 };
    arena_init(&pool->arena, 256 * 1024);
}

/* What its class has beyond the size that was asked for is nobody's. */
static void *shorten(void *piece, size_t size, size_t rounded)
{
    poison(piece, rounded);
    unpoison(piece, size);
    return piece;
}

void *pool_alloc(struct pool *pool, size_t size)
{
    size_t rounded;
    unsigned class = pool_class(size, &rounded);
    must(class < POOL_CLASSES * 4);
    pool->used_bytes += rounded;
    if (class >= POOL_CLASSES || !pool->free[class])
        return shorten(arena_alloc(&pool->arena, rounded), size, rounded);
    void *piece = pool->free[class];
    unpoison(piece, rounded);
    memcpy(&pool->free[class], piece, sizeof(void *));
    return shorten(piece, size, rounded);
}

void pool_free(struct pool *pool, void *piece, size_t size)
{
    if (!piece)
        return;
    size_t rounded;
    unsigned class = pool_class(size, &rounded);
    pool->used_bytes -= rounded;
    must(poison_begins_behind(piece, size)); /* else it was given back already, or had another size */
    unpoison(piece, rounded);
    /* classes cover all sizes that exist; what is above them comes back with the pool as a whole */
    if (class < POOL_CLASSES) {
        memcpy(piece, &pool->free[class], sizeof(void *));
        pool->free[class] = piece;
    }
    poison(piece, rounded);
}

void *pool_grow(struct pool *pool, void *piece, size_t size_old, size_t size_new, size_t used)
{
    void *grown = pool_alloc(pool, size_new);
    if (used)
        memcpy(grown, piece, used);
    pool_free(pool, piece, size_old);
    return grown;
}

struct bytes pool_copy(struct pool *pool, struct bytes from)
{
    char *copy = pool_alloc(pool, from.length);
    memcpy(copy, from.data, from.length);
    return (struct bytes){ copy, from.length };
}

void pool_free_bytes(struct pool *pool, struct bytes bytes)
{
    union {
        const char *constant;
        void *piece;
    } data = { bytes.data };
    pool_free(pool, data.piece, bytes.length);
}

void pool_release(struct pool *pool)
{
    arena_release(&pool->arena);
    pool_init(pool);
}
