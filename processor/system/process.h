/* process.h - what the system knows of this process, from /proc.
 * Units:   bytes; milliseconds since 1970.
 * Errors:  what cannot be read is 0.
 * Threads: any. */
#ifndef BUNDELWACHT_SYSTEM_PROCESS_H
#define BUNDELWACHT_SYSTEM_PROCESS_H

#include <stdint.h>

struct process_figures {
    int64_t resident_bytes, virtual_bytes, started_ms, open_files, open_files_max, threads;
};
struct process_figures process_figures(void);

#endif
