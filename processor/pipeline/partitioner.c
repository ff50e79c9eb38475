#include "pipeline/partitioner.h"

#include "base/must.h"
#include "codec/crc32.h"

#include <stdlib.h>

/* So many records are looked at; from so many on it may be said; so many of a thousand are nearly all. */
enum { SEEN_MAX = 1000, SEEN_ENOUGH = 100, NEARLY_ALL = 950 };

const char *const partitioner_names[PARTITIONER_COUNT] = { "murmur2", "crc32", "any", "fnv1a" };

static uint32_t load32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* MurmurHash2 with the seed of Kafka's Java client. */
static uint32_t murmur2(struct bytes key)
{
    const uint32_t m = 0x5bd1e995u;
    const unsigned char *at = (const unsigned char *)key.data;
    size_t left = key.length;
    uint32_t h = 0x9747b28cu ^ (uint32_t)key.length;
    for (; left >= 4; at += 4, left -= 4) {
        uint32_t k = load32(at) * m;
        k ^= k >> 24;
        h = (h * m) ^ (k * m);
    }
    if (left >= 3)
        h ^= (uint32_t)at[2] << 16;
    if (left >= 2)
        h ^= (uint32_t)at[1] << 8;
    if (left >= 1)
        h = (h ^ at[0]) * m;
    h = (h ^ h >> 13) * m;
    return h ^ h >> 15;
}

static uint32_t fnv1a(struct bytes key)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < key.length; i++)
        h = (h ^ (unsigned char)key.data[i]) * 16777619u;
    return h;
}

/* Go's clients take the remainder of a signed number, and then its size. */
static int32_t partition_of_signed(uint32_t hash, int32_t partitions_count)
{
    return abs((int32_t)hash % partitions_count);
}

int32_t partition_of(enum partitioner partitioner, struct bytes key, int32_t partitions_count)
{
    must(partitions_count > 0);
    if (partitioner == PARTITIONER_CRC32)
        return (int32_t)(crc32_of(key) % (uint32_t)partitions_count);
    if (partitioner == PARTITIONER_FNV1A)
        return partition_of_signed(fnv1a(key), partitions_count);
    return (int32_t)((murmur2(key) & 0x7FFFFFFFu) % (uint32_t)partitions_count);
}

/* --- a guess --- */

void partitioner_guess_add(struct partitioner_guess *guess, struct bytes key, int32_t partition,
                           int32_t partitions_count)
{
    if (guess->seen >= SEEN_MAX)
        return;
    guess->seen++;
    for (int i = 0; i < PARTITIONER_COUNT; i++)
        guess->right[i] += partition_of((enum partitioner)i, key, partitions_count) == partition;
}

static bool is_nearly_all(const struct partitioner_guess *guess, enum partitioner partitioner)
{
    return guess->right[partitioner] * 1000 >= guess->seen * NEARLY_ALL;
}

/* With one partition, or few persons, several would do: then nothing is known. */
enum partitioner partitioner_guessed(struct partitioner_guess *guess, enum partitioner ours)
{
    if (guess->said || guess->seen < SEEN_ENOUGH || ours == PARTITIONER_ANY || is_nearly_all(guess, ours))
        return PARTITIONER_COUNT;
    for (int i = 0; i < PARTITIONER_COUNT; i++)
        if (i != PARTITIONER_ANY && is_nearly_all(guess, (enum partitioner)i)) {
            guess->said = true;
            return (enum partitioner)i;
        }
    return PARTITIONER_COUNT;
}
