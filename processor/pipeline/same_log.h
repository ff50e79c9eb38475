/* same_log.h - is the input still the log that it was? A topic that was deleted and made anew under a frozen
 * process, or under one whose broker was away, would be read on at the old offset.
 * Owner:   the worker; a partition remembers a record from before.
 * Errors:  worker->failure (exit 78): another log. What cannot be asked now is asked again, and nothing is
 * committed until it was.
 * Threads: the worker's.
 * Source:  EXACTLY-ONCE.md, step 9. */
#ifndef BUNDELWACHT_PIPELINE_SAME_LOG_H
#define BUNDELWACHT_PIPELINE_SAME_LOG_H

#include <stdbool.h>

struct partition;
struct worker;

/* Each turn: has the process stood still since the last one? */
void same_log_turn(struct worker *worker);
/* Once a minute, and before the first commit after a connection broke or the process stood still. */
bool same_log_is_due(struct worker *worker);
/* The record that each partition remembers is still where it was. False: not known, or another one. */
bool same_log_look(struct worker *worker);
/* Of a commit that is true: its last record is remembered until the next look. */
void same_log_remember(struct partition *partition);

#endif
