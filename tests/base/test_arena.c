#include "base/arena.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>

TestSuite(arena, .timeout = 10);
TestSuite(pool, .timeout = 10);

static bool is_aligned(const void *piece)
{
    return ((uintptr_t)piece & 15) == 0;
}

Test(arena, hands_out_aligned_pieces_that_do_not_overlap)
{
    struct arena arena;
    unsigned char *pieces[400];
    arena_init(&arena, 1024);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t size = i * 7 % 300 + 1;
        pieces[i] = arena_alloc(&arena, size);
        cr_assert(is_aligned(pieces[i]), "piece %zu", i);
        memset(pieces[i], (int)(i & 255), size);
    }
    for (size_t i = 0; i < COUNT(pieces); i++)
        for (size_t at = 0; at < i * 7 % 300 + 1; at++)
            cr_assert(eq(int, pieces[i][at], (int)(i & 255)), "piece %zu at %zu", i, at);
    arena_release(&arena);
}

Test(arena, takes_a_piece_larger_than_a_block)
{
    struct arena arena;
    arena_init(&arena, 1024);
    char *small = arena_alloc(&arena, 10);
    memset(small, 1, 10);
    char *large = arena_alloc(&arena, 100000);
    memset(large, 2, 100000);
    cr_expect(eq(int, small[9], 1));
    cr_expect(is_aligned(large));
    arena_release(&arena);
}

Test(arena, takes_nothing_new_from_the_system_after_a_clear)
{
    struct arena arena;
    arena_init(&arena, 4096);
    for (int round = 0; round < 3; round++) {
        size_t reserved = arena.reserved_bytes;
        arena_clear(&arena);
        for (int i = 0; i < 1000; i++)
            memset(arena_alloc(&arena, 100), round, 100);
        if (round > 0)
            cr_expect(eq(sz, arena.reserved_bytes, reserved), "round %d", round);
    }
    arena_release(&arena);
    cr_expect(eq(sz, arena.reserved_bytes, 0));
}

Test(arena, is_usable_after_release_and_clearing_an_empty_one_is_fine)
{
    struct arena arena;
    arena_init(&arena, 0);
    arena_clear(&arena);
    arena_release(&arena);
    memset(arena_zeroed(&arena, 64), 1, 64);
    arena_release(&arena);
    arena_release(&arena);
}

Test(arena, zeroes_memory_that_was_used_before)
{
    struct arena arena;
    arena_init(&arena, 1024);
    memset(arena_alloc(&arena, 500), 0xff, 500);
    arena_clear(&arena);
    const char *zeroed = arena_zeroed(&arena, 500);
    for (size_t i = 0; i < 500; i++)
        cr_assert(zero(int, zeroed[i]));
    arena_release(&arena);
}

Test(arena, copies_null_as_null_and_empty_as_empty)
{
    struct arena arena;
    arena_init(&arena, 0);
    cr_expect(bytes_is_null(arena_copy(&arena, BYTES_NULL)));
    cr_expect(bytes_equal(arena_copy(&arena, BYTES("")), BYTES("")));
    struct bytes copy = arena_copy(&arena, BYTES("a\0b"));
    cr_expect(bytes_equal(copy, BYTES("a\0b")));
    arena_release(&arena);
}

Test(pool, gives_a_piece_back_to_the_next_taker_of_its_size)
{
    struct pool pool;
    pool_init(&pool);
    for (size_t size = 1; size < 5000; size += 13) {
        void *first = pool_alloc(&pool, size);
        memset(first, 0xee, size);
        pool_free(&pool, first, size);
        cr_assert(eq(ptr, pool_alloc(&pool, size), first), "size %zu", size);
    }
    pool_release(&pool);
}

Test(pool, counts_what_is_out_and_ends_at_zero)
{
    struct pool pool;
    void *pieces[300];
    pool_init(&pool);
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t before = pool.used_bytes;
        pieces[i] = pool_alloc(&pool, i * 31 + 1);
        memset(pieces[i], (int)(i & 255), i * 31 + 1);
        size_t taken = pool.used_bytes - before;
        cr_assert(ge(sz, taken, i * 31 + 1));
        cr_assert(le(sz, taken, (i * 31 + 1) * 5 / 4 + 16), "piece %zu takes %zu", i, taken);
    }
    for (size_t i = 0; i < COUNT(pieces); i++) {
        cr_assert(eq(int, ((unsigned char *)pieces[i])[i * 31], (int)(i & 255)), "piece %zu was overwritten",
                  i);
        pool_free(&pool, pieces[i], i * 31 + 1);
    }
    cr_expect(eq(sz, pool.used_bytes, 0));
    pool_free(&pool, NULL, 10);
    cr_expect(eq(sz, pool.used_bytes, 0));
    pool_release(&pool);
}

Test(pool, grows_a_piece_with_its_content)
{
    struct pool pool;
    pool_init(&pool);
    char *piece = pool_alloc(&pool, 16);
    memset(piece, 'a', 16);
    for (size_t size = 16; size < 100000; size *= 2) {
        piece = pool_grow(&pool, piece, size, size * 2, size);
        memset(piece + size, 'a', size);
    }
    for (size_t i = 0; i < 100000; i++)
        cr_assert(eq(int, piece[i], 'a'));
    piece = pool_grow(&pool, NULL, 0, 32, 0);
    cr_expect(ne(ptr, piece, NULL));
    pool_release(&pool);
}

/* Found by bench/kept_line.c: a person that grew by a line a time took a block of its own size for each
 * recompute, 20 GB in the end. */
Test(arena, does_not_grow_for_ever_when_each_round_asks_for_a_little_more)
{
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t round = 0; round < 10000; round++) {
        arena_clear(&arena);
        for (int piece = 0; piece < 5; piece++)
            arena_alloc(&arena, 1000 + round * 100);
    }
    cr_expect(arena.reserved_bytes < 40u * 1024 * 1024, "%zu bytes for rounds of at most 5 MB",
              arena.reserved_bytes);
    arena_release(&arena);
}

Test(arena, has_a_place_for_nothing)
{
    struct arena arena;
    arena_init(&arena, 0);
    cr_expect(arena_zeroed(&arena, 0) != NULL);
    arena_release(&arena);
}

/* --- what the sanitizer is told (poison.h) --- */

#ifdef POISON_IS_ON
Test(arena, forbids_the_gap_behind_every_piece_and_the_rest_of_a_block)
{
    struct arena arena;
    arena_init(&arena, 1024);
    for (size_t size = 1; size < 3000; size += 7) {
        const char *piece = arena_alloc(&arena, size);
        cr_assert(poison_begins_behind(piece, size), "%zu bytes", size);
        cr_assert(is_poisoned(piece + size, POISON_GAP_BYTES), "behind %zu bytes", size);
        cr_assert(is_poisoned(arena.next, (size_t)(arena.end - arena.next)),
                  "the rest of the block after %zu bytes", size);
    }
    arena_release(&arena);
}

Test(arena, forbids_everything_after_a_clear)
{
    struct arena arena;
    const char *pieces[50];
    arena_init(&arena, 1024);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(pieces); i++)
            pieces[i] = arena_alloc(&arena, 100 + i);
        arena_clear(&arena);
        for (size_t i = 0; i < COUNT(pieces); i++)
            cr_assert(is_poisoned(pieces[i], 100 + i), "piece %zu of round %d", i, round);
    }
    arena_release(&arena);
}

Test(pool, forbids_what_was_given_back_and_what_its_class_has_beyond_the_size)
{
    struct pool pool;
    pool_init(&pool);
    for (int round = 0; round < 2; round++)
        for (size_t size = 0; size < 5000; size += 13) {
            char *piece = pool_alloc(&pool, size);
            cr_assert(poison_begins_behind(piece, size), "%zu bytes", size);
            cr_assert(is_poisoned(piece + size, POISON_GAP_BYTES), "behind %zu bytes", size);
            pool_free(&pool, piece, size);
            cr_assert(is_poisoned(piece, size ? size : 1), "%zu bytes that were given back", size);
        }
    pool_release(&pool);
}

Test(pool, knows_a_piece_that_is_given_back_twice, .signal = SIGABRT)
{
    struct pool pool;
    pool_init(&pool);
    void *piece = pool_alloc(&pool, 40);
    pool_free(&pool, piece, 40);
    pool_free(&pool, piece, 40);
}

Test(pool, knows_a_piece_that_is_given_back_with_another_size, .signal = SIGABRT)
{
    struct pool pool;
    pool_init(&pool);
    pool_free(&pool, pool_alloc(&pool, 40), 39);
}
#endif
