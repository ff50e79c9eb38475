/* leap.h - a record that moves a partition's clock far: what waits for a day there happens at once, and what
 * comes later may be too old.
 * Owner:   texts are borrowed.
 * Units:   days; the offset of the record in its partition.
 * Threads: any. */
#ifndef BUNDELWACHT_PIPELINE_LEAP_H
#define BUNDELWACHT_PIPELINE_LEAP_H

#include <stdint.h>

enum { LEAP_DAYS = 31, LEAP_TEXT_BYTES = 640 };

struct leap {
    const char *source; /* the record's place: topic or file, partition, offset */
    int32_t partition;
    int64_t offset;
    int32_t from, to; /* as_of before and after it */
};
/* Told of every leap of more than LEAP_DAYS. */
struct leap_sink {
    void (*told)(const void *context, const struct leap *leap); /* NULL: nobody asks */
    const void *context;
};

/* A sentence for the log. */
void leap_to_text(const struct leap *leap, char ret_text[LEAP_TEXT_BYTES]);

#endif
