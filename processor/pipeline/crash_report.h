/* crash_report.h - what a broken promise of ours says while a record is being folded: which record, and how
 * to go on without it (design §5, Quarantine).
 * Errors:  the process ends with exit 70; what was not committed is folded again at the next start.
 * Threads: the record is each thread's own. */
#ifndef BUNDELWACHT_PIPELINE_CRASH_REPORT_H
#define BUNDELWACHT_PIPELINE_CRASH_REPORT_H

#include <stdint.h>

/* From now on must() reports here. */
void crash_report_watch(void);
/* The same for files, on stderr. */
void crash_report_watch_files(void);
/* The record that this thread is folding; a NULL topic: none. Borrowed. */
void crash_report_at(const char *topic, int32_t partition, int64_t offset);

#endif
