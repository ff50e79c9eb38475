#include "pipeline/partitioner.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(partitioner, .timeout = 10);

/* murmur2: the numbers of Kafka's own UtilsTest (-973932308, -790332482, -985981536, 479470107), without
 * their sign. crc32: of zlib. fnv1a: of its authors' test suite; Sarama and kafka-go take the remainder of
 * the signed number. */
Test(partitioner, counts_as_the_clients_do)
{
    static const struct {
        enum partitioner partitioner;
        const char *key;
        uint32_t hash;
        bool is_signed;
    } rows[] = {
        { PARTITIONER_MURMUR2, "21", 0xC5F2F8ECu & 0x7FFFFFFFu, false },
        { PARTITIONER_MURMUR2, "foobar", 0xD0E47BBEu & 0x7FFFFFFFu, false },
        { PARTITIONER_MURMUR2, "a-little-bit-long-string", 0xC53B1DA0u & 0x7FFFFFFFu, false },
        { PARTITIONER_MURMUR2, "abc", 0x1C94221Bu, false },
        { PARTITIONER_CRC32, "123456789", 0xCBF43926u, false },
        { PARTITIONER_FNV1A, "", 0x811C9DC5u, true },
        { PARTITIONER_FNV1A, "a", 0xE40C292Cu, true },
        { PARTITIONER_FNV1A, "foobar", 0xBF9CF968u, true },
    };
    static const int32_t counts[] = { 1, 3, 8, 12, 4096 };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t k = 0; k < COUNT(counts); k++) {
            int64_t number = rows[i].is_signed ? (int64_t)(int32_t)rows[i].hash : (int64_t)rows[i].hash;
            int64_t wanted = number % counts[k];
            cr_expect_eq(partition_of(rows[i].partitioner, bytes_of(rows[i].key), counts[k]),
                         wanted < 0 ? -wanted : wanted, "\"%s\" by %s of %d", rows[i].key,
                         partitioner_names[rows[i].partitioner], (int)counts[k]);
        }
}

/* What is guessed of `count` records that `by` put into partition 3 of 12. */
static enum partitioner guess(enum partitioner by, enum partitioner ours, int count, int others)
{
    struct partitioner_guess guess = { 0 };
    char key[24];
    for (int i = 0, put = 0; put < count; i++) {
        struct bytes text = { key, (size_t)snprintf(key, sizeof(key), "p%d", i) };
        bool is_other = put < others;
        if (!is_other && partition_of(by, text, 12) != 3)
            continue;
        partitioner_guess_add(&guess, text, 3, 12);
        put++;
    }
    enum partitioner found = partitioner_guessed(&guess, ours);
    cr_expect(found == PARTITIONER_COUNT || partitioner_guessed(&guess, ours) == PARTITIONER_COUNT,
              "it is said twice");
    return found;
}

Test(partitioner, is_guessed_of_nearly_all_records)
{
    cr_expect_eq(guess(PARTITIONER_CRC32, PARTITIONER_MURMUR2, 1000, 0), PARTITIONER_CRC32);
    cr_expect_eq(guess(PARTITIONER_FNV1A, PARTITIONER_CRC32, 100, 0), PARTITIONER_FNV1A);
    cr_expect_eq(guess(PARTITIONER_MURMUR2, PARTITIONER_FNV1A, 5000, 30), PARTITIONER_MURMUR2);
    cr_expect_eq(guess(PARTITIONER_CRC32, PARTITIONER_CRC32, 1000, 0), PARTITIONER_COUNT, "ours is right");
    cr_expect_eq(guess(PARTITIONER_CRC32, PARTITIONER_ANY, 1000, 0), PARTITIONER_COUNT, "nobody asks");
    cr_expect_eq(guess(PARTITIONER_CRC32, PARTITIONER_MURMUR2, 99, 0), PARTITIONER_COUNT, "too few");
    cr_expect_eq(guess(PARTITIONER_CRC32, PARTITIONER_MURMUR2, 1000, 200), PARTITIONER_COUNT, "not all");
}
