#include "commands/named_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_readable(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return false;
    if (S_ISDIR(status.st_mode))
        errno = EISDIR;
    return !S_ISDIR(status.st_mode);
}

bool named_files_readable(const char *command, const char *const paths[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!paths[i] || is_readable(paths[i]))
            continue;
        fprintf(stderr, "bundelwacht %s: could not read \"%s\": %s\n", command, paths[i], strerror(errno));
        return false;
    }
    return true;
}
