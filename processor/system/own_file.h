/* own_file.h - files that we make: ours from the first byte, with care in them, so that others do not read
 * them.
 * Owner:   the caller of what comes back.
 * Errors:  -1 or NULL, with errno. A link is never followed (ELOOP).
 * Threads: any.
 *
 * Who may write a directory can put a link there under a name that we will take, and have a file outside of
 * it overwritten. So whatever stands there is taken away first, as far as it is a file or a link, and the
 * new one is made exclusively: it is empty, and new. */
#ifndef BUNDELWACHT_SYSTEM_OWN_FILE_H
#define BUNDELWACHT_SYSTEM_OWN_FILE_H

#include <stdbool.h>
#include <stdio.h>

#define OWN_FILE_MODE 0640 /* less what umask takes away */
#define OWN_DIRECTORY_MODE 0750

/* For writing, at its beginning. */
int own_file_create(const char *path);
FILE *own_file_create_stream(const char *path);
/* What own_file_create made a while ago: to add to it ("ab") or to read it ("rb"). */
FILE *own_file_reopen_stream(const char *path, const char *mode);
/* One directory, not its parents; true also when it is there already, and then as it is. */
bool own_directory_make(const char *path);
/* Others than its owner, or the owner that is neither we nor root, may add and remove files. */
bool directory_is_open_to_others(const char *path);

#endif
