/* own_bug.h - what a broken promise of ours says while a record is being folded: which record, and how to go on without it (design
 * §5, Quarantine).
 * Errors:  the process ends with exit 70; what was not committed is folded again at the next start.
 * Threads: the place is each thread's own. */
#ifndef BUNDELWACHT_PIPELINE_OWN_BUG_H
#define BUNDELWACHT_PIPELINE_OWN_BUG_H

#include <stdint.h>

/* From now on must() reports here. */
void own_bug_watch(void);
/* The same for files, on stderr. */
void own_bug_watch_files(void);
/* The record that this thread is folding; a NULL topic: none. Borrowed. */
void own_bug_place(const char *topic, int32_t partition, int64_t offset);

#endif
