/* text_file.h - small files that are there whole or not at all.
 * Owner:   the caller.
 * Errors:  false; text_file_write with a sentence.
 * Threads: any; two that write the same path write the same text. */
#ifndef BUNDELWACHT_SYSTEM_TEXT_FILE_H
#define BUNDELWACHT_SYSTEM_TEXT_FILE_H

#include "base/buffer.h"

/* Under another name first, then fsync and rename. */
bool text_file_write(const char *path, struct bytes text, char *ret_error, size_t error_size);
/* Adds the file to `text`; false when it cannot be read, or is larger than `bytes_max`. */
bool text_file_read(const char *path, size_t bytes_max, struct buffer *text);

#endif
