#include "base/hash.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(hash, .timeout = 10);

/* The figures are those of `xxhsum -H3` and `xxhsum -H2`: a checkpoint of one machine is read on another. */
Test(hash, is_xxh3_on_every_machine)
{
    cr_expect(eq(u64, hash64("", 0, 0), UINT64_C(0x2d06800538d394c2)));
    cr_expect(eq(u64, hash64("bundelwacht", 11, 0), UINT64_C(0xd0ee4992bc828d6f)));
    struct hash128 hash = hash128("bundelwacht", 11, 0);
    cr_expect(eq(u64, hash.high, UINT64_C(0x8a98036758ab5e83)));
    cr_expect(eq(u64, hash.low, UINT64_C(0x0900229c4f1d029c)));
}

Test(hash, changes_with_the_seed_and_with_every_byte)
{
    char text[300] = { 0 };
    for (size_t length = 0; length < sizeof(text); length += 23) {
        uint64_t plain = hash64(text, length, 0);
        struct hash128 wide = hash128(text, length, 0);
        cr_expect(ne(u64, hash64(text, length, 1), plain), "length %zu", length);
        cr_expect(ne(u64, hash128(text, length, 1).low, wide.low), "length %zu", length);
        if (length == 0)
            continue;
        text[length - 1] ^= 1;
        cr_expect(ne(u64, hash64(text, length, 0), plain), "length %zu", length);
        cr_expect(ne(u64, hash128(text, length, 0).high, wide.high), "length %zu", length);
        text[length - 1] ^= 1;
    }
}
