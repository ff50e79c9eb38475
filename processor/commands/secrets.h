/* secrets.h - what must not be seen: in a message about settings, in the list of processes, in a file that
 * others may read.
 * Owner:   secret_argument: the process, until it ends; secret_file_read: the arena.
 * Errors:  secret_file_read is false, with a sentence that holds nothing of the file.
 * Threads: one, before others are started. */
#ifndef BUNDELWACHT_COMMANDS_SECRETS_H
#define BUNDELWACHT_COMMANDS_SECRETS_H

#include "base/arena.h"
#include "base/bytes.h"

#define SECRET_FILE_BYTES_MAX 65536 /* a key in PEM has 3 kB */

/* `NAME.file` of a property that may come from a file: the length of NAME; 0 when it is no such name. */
size_t secret_file_property(struct bytes name);
/* The whole of a small file that no others may read, without the end of its last line. */
bool secret_file_read(struct arena *arena, const char *path, struct bytes *ret_text, char ret_error[256]);

/* A copy of an argument; the argument itself is made empty, so that the list of processes does not show it
 * any longer. */
char *secret_argument(char *argument);
/* The same of NAME=VALUE, where NAME is a secret's; any other argument stays as it is. */
char *secret_property_argument(char *argument);

/* A line of a settings file may stand in a message. It may not in the section `kafka:`, nor where nobody can
 * tell. */
bool settings_line_is_harmless(struct bytes text, int32_t line);

#endif
