#include "system/instance_lock.h"

#include "system/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static enum locked lock_failed(const char *path, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "could not lock \"%s\": %s", path, strerror(errno));
    return LOCK_FAILED;
}

/* A lock stays the same file as long as anybody may hold it, so it is not made anew. Nothing is ever written
 * to it; what is not a plain file of one name (a link to elsewhere) is none of ours. */
static int open_lock(const char *path)
{
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, OWN_FILE_MODE);
    if (descriptor < 0 || (fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode) && about.st_nlink == 1))
        return descriptor;
    close(descriptor);
    errno = ELOOP;
    return -1;
}

enum locked instance_lock(const char *directory, const char *name, int *ret_descriptor, char *ret_error,
                          size_t error_size)
{
    char path[PATH_MAX];
    if (!own_directory_make(directory))
        return lock_failed(directory, ret_error, error_size);
    int length = snprintf(path, sizeof(path), "%s/%s.lock", directory, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return lock_failed(directory, ret_error, error_size);
    }
    int descriptor = open_lock(path);
    if (descriptor < 0)
        return lock_failed(path, ret_error, error_size);
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        enum locked locked = errno == EWOULDBLOCK ? LOCK_TAKEN : LOCK_FAILED;
        if (locked == LOCK_TAKEN)
            snprintf(ret_error, error_size,
                     "another process holds \"%s\": each process of the group needs a `process` number and a "
                     "state directory of its own",
                     path);
        else
            lock_failed(path, ret_error, error_size);
        close(descriptor);
        return locked;
    }
    *ret_descriptor = descriptor;
    return LOCK_OURS;
}

void instance_unlock(int descriptor)
{
    close(descriptor);
}
