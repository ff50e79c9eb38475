/* named_files.h - files that a command line names, and that are read before anything else is done.
 * Owner:   nothing is held.
 * Errors:  said on stderr: `bundelwacht check: could not read "x.yaml": No such file or directory`.
 * Threads: the main thread. */
#ifndef BUNDELWACHT_COMMANDS_NAMED_FILES_H
#define BUNDELWACHT_COMMANDS_NAMED_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Whether each can be read; NULL stands for a file that was not named. Else the command ends with
 * EXIT_NO_INPUT, whichever it is: what is there and wrong is EXIT_CONFIG, what is not there is no input. */
bool named_files_readable(const char *command, const char *const paths[], size_t count);

#endif
