/* touching.h - an aborted transaction over what hangs: its markers end what an earlier one of the same
 * producer id has left open there.
 * Owner:   the worker; a borrowed producer lives for one call.
 * Errors:  false, with the failure; PRODUCER: the transaction may be open, a new producer ends it.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, step 4.
 *
 * It may take back what was committed, so whoever calls it looks into the log afterwards. A read_uncommitted
 * reader sees a record with the key `aborted`. */
#ifndef BUNDELWACHT_PIPELINE_TOUCHING_H
#define BUNDELWACHT_PIPELINE_TOUCHING_H

#include "stream/consumer.h"
#include "stream/producer.h"

struct partition;
struct worker;

struct touch {
    uint8_t topic;
    int32_t partition;
};
/* Over these output partitions, and over the group's offsets. */
bool touch(struct worker *worker, struct producer *producer, const struct touch *touches, size_t count,
           bool offsets, struct failure *failure);
/* After our own id was tried in vain: with that of one who wrote there and is no longer in the group, the
 * next one each time. */
void touch_borrowed(struct worker *worker, struct partition *partition);

#endif
