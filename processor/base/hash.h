/* hash.h - hashes of bytes: XXH3, the same on every machine and in every version of ours.
 * Units:   bytes in; 64 or 128 bits out.
 * Errors:  none. Not against attackers: where two may not be confused, compare the full key or use a secret
 * seed.
 * Threads: pure. */
#ifndef BUNDELWACHT_BASE_HASH_H
#define BUNDELWACHT_BASE_HASH_H

#include "base/bytes.h"

struct hash128 {
    uint64_t low, high;
};

uint64_t hash64(const void *data, size_t length, uint64_t seed);
struct hash128 hash128(const void *data, size_t length, uint64_t seed);

#endif
