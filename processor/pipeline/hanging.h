/* hanging.h - what hangs in the output partitions: records of a transaction that is open, or was decided and
 * never got its marker. Waits for it, ends it where it is ours to end, and says what is not.
 * Owner:   a worker; each partition has its `rest`.
 * Units:   microseconds; offsets of the output partitions.
 * Errors:  worker->failure when Kafka refuses for good. What cannot be ended is no failure: that partition
 * waits.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, step 4.
 *
 * Only the producer id that wrote a record can end it. So a producer looks after all that it has sent until
 * it became visible, also after a partition went (a debt), and the id of an instance that is no longer in the
 * group is borrowed. */
#ifndef BUNDELWACHT_PIPELINE_HANGING_H
#define BUNDELWACHT_PIPELINE_HANGING_H

#include <stdbool.h>
#include <stdint.h>

struct partition;
struct worker;

/* From now on the partition is to come to rest, or is looked after as a debt. */
void hanging_want(struct partition *partition, int64_t now_us);
void hanging_owe(struct partition *partition);
/* One look at all that is wanted or owed, when it is time for one, and what follows from it. Only between two
 * transactions. False: the worker has failed, or its producer is being replaced. */
bool hanging_look(struct worker *worker);
/* The group's offset of it does not become stable. */
void hanging_note_offsets(struct partition *partition, bool hang);

#endif
