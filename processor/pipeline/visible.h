/* visible.h - sees what was committed become visible: about once a second, at a commit boundary, one question
 * for all partitions of a worker.
 * Owner:   the worker.
 * Units:   microseconds.
 * Errors:  none; what cannot be asked now is asked later. Something that hangs is certain without a clock: a
 * later commit succeeded, and
 *          the last stable offset is still before what was committed earlier. Then the partitions are in
 *          doubt.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, step 3. */
#ifndef BUNDELWACHT_PIPELINE_VISIBLE_H
#define BUNDELWACHT_PIPELINE_VISIBLE_H

#include <stdbool.h>
#include <stdint.h>

struct worker;
enum visible { VISIBLE_FINE, VISIBLE_HANGS };
/* Only between two transactions. */
enum visible visible_look(struct worker *worker);
/* The next look is due, or folding pauses until one has found something. */
bool visible_is_due(const struct worker *worker);
bool visible_is_full(const struct worker *worker);
/* Everything that was committed was seen, within the limit: at a clean stop, before checkpoints. */
bool visible_wait(struct worker *worker, int64_t until_us);

#endif
