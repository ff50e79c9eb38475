/* part_file.h - a file that is there whole or not at all: written as NAME.part, synced, then renamed.
 * Owner:   the caller, until part_file_finish or part_file_discard.
 * Errors:  false or NULL, with a sentence in `ret_error`.
 * Threads: one at a time. Two writers of one name, in any process: the second is refused; part_file_sweep
 * leaves living ones alone. */
#ifndef BUNDELWACHT_STATE_PART_FILE_H
#define BUNDELWACHT_STATE_PART_FILE_H

#include "base/result.h"

#include <stddef.h>

#define PART_FILE_ENDING ".part"

struct part_file;
/* Makes the directory (not its parents) when it is missing. */
struct part_file *part_file_create(const char *path, char *ret_error, size_t error_size);
MUST_USE bool part_file_write(struct part_file *file, const void *data, size_t length, char *ret_error,
                              size_t error_size);
/* Frees `file`; on false the unfinished file is gone, or the sentence says that only the directory could not
 * be synced. */
MUST_USE bool part_file_finish(struct part_file *file, char *ret_error, size_t error_size);
void part_file_discard(struct part_file *file); /* NULL is fine */
/* Removes an unfinished file (its name with the ending) that nobody is writing, or a link under its name. */
void part_file_sweep(const char *part_path);

#endif
