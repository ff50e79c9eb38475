/* instance_lock.h - a lock file that keeps a second process out of the same instance (design §3).
 * Owner:   the process, until instance_unlock or its end; the file stays, empty of meaning.
 * Errors:  a sentence in `ret_error`: LOCK_TAKEN when another process holds it, LOCK_FAILED for anything
 * else.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_SYSTEM_INSTANCE_LOCK_H
#define BUNDELWACHT_SYSTEM_INSTANCE_LOCK_H

#include <stddef.h>

enum locked { LOCK_OURS, LOCK_TAKEN, LOCK_FAILED };

/* Locks DIRECTORY/NAME.lock; makes the directory (not its parents) when it is missing. */
enum locked instance_lock(const char *directory, const char *name, int *ret_descriptor, char *ret_error,
                          size_t error_size);
void instance_unlock(int descriptor);

#endif
