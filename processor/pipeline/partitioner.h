/* partitioner.h - which partition a key belongs to, as the producers of others count; and who seems to have
 * counted.
 * Owner:   a guess is its owner's.
 * Errors:  none.
 * Threads: pure, but for a guess, which belongs to one.
 *
 * One person in two partitions would not be protected (§1), so a record in a partition that its key does not
 * belong to is a dead letter. Which partitioner a client uses by default: stream/README.md. */
#ifndef BUNDELWACHT_PIPELINE_PARTITIONER_H
#define BUNDELWACHT_PIPELINE_PARTITIONER_H

#include "base/bytes.h"

/* The order is that of the settings, and part of every commit (hash_of_outputs): new ones come last. */
enum partitioner {
    PARTITIONER_MURMUR2, /* Java */
    PARTITIONER_CRC32,   /* librdkafka */
    PARTITIONER_ANY,     /* not checked */
    PARTITIONER_FNV1A,   /* Sarama, kafka-go's Hash */
    PARTITIONER_COUNT
};
extern const char *const partitioner_names[PARTITIONER_COUNT];

int32_t partition_of(enum partitioner partitioner, struct bytes key, int32_t partitions_count);

/* Of the first records with a key: by how many partitioners each would be where it is. */
struct partitioner_guess {
    int32_t seen, right[PARTITIONER_COUNT];
    bool said;
};
void partitioner_guess_add(struct partitioner_guess *guess, struct bytes key, int32_t partition,
                           int32_t partitions_count);
/* Once: the partitioner that nearly all records seem to be put by, when it is not `ours`; else
 * PARTITIONER_COUNT. */
enum partitioner partitioner_guessed(struct partitioner_guess *guess, enum partitioner ours);

#endif
