/* disk.h - the state directories of a world, and what can happen to the files in them between a crash and the
 * next start.
 * Owner:   one disk per process. Files are real ones, in memory where the machine has such a place.
 * Errors:  what the machine itself refuses ends the process (sim_fail).
 * Threads: one. */
#ifndef BUNDELWACHT_TESTS_SIM_DISK_H
#define BUNDELWACHT_TESTS_SIM_DISK_H

#include <stdbool.h>
#include <stdint.h>

#define DISK_DIRECTORIES_MAX 4
#define DISK_PATH_BYTES 200

/* `base` exists; directories are made below it. */
void disk_open(const char *base);
/* Everything below `base`, and it itself. */
void disk_remove(const char *base);
/* A new world: all files are gone, there is room. */
void disk_clear(void);
const char *disk_directory(int number);
/* One drawn fault in that directory: a file truncated, a bit flipped, the newest gone, an unfinished one left
 * behind, an old one back. */
void disk_fault(int number);
/* The operator brings back what was damaged or removed of that partition's; where something else has been
 * written since, the two change positions, since nobody knows which is wanted (the next repair takes them
 * back). -1: of all, but only what nobody wrote since. */
void disk_repair(int32_t partition);
bool disk_is_damaged(void);
/* No room for another byte beyond the first few; or there is again. */
void disk_set_full(bool full);
bool disk_is_full(void);
void disk_print_faults(void);

#endif
