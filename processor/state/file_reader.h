/* file_reader.h - the beginning and the end of a checkpoint's file, for those that read it and those that
 * only look at it. In this room.
 * Owner:   the caller owns the descriptor.
 * Errors:  a sentence that names the file.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_STATE_FILE_READER_H
#define BUNDELWACHT_STATE_FILE_READER_H

#include "state/format.h"

/* Opens it and verifies its head; the descriptor stands behind the head. -1 on failure. */
int file_open(const char *path, struct checkpoint_head *ret_head, uint64_t *ret_hash, int64_t *ret_bytes,
              char *ret_error, size_t error_size);
/* Reads exactly that many bytes where the descriptor stands. */
bool file_read(int descriptor, const char *path, void *ret_bytes, size_t length, char *ret_error,
               size_t error_size);
/* Whether the file ends as a whole one does; says nothing of what is between (that needs all of it). Moves
 * the descriptor. */
bool file_has_end(int descriptor, int64_t bytes, bool is_signed);
/* says so; false */
bool file_damaged(const char *path, const char *what, char *ret_error, size_t error_size);

#endif
