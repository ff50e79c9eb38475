#include "system/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int own_file_create(const char *path)
{
    struct stat about;
    if (lstat(path, &about) == 0 && (S_ISREG(about.st_mode) || S_ISLNK(about.st_mode)) && unlink(path) != 0)
        return -1;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, OWN_FILE_MODE);
}

static FILE *stream_of(int descriptor, const char *mode)
{
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, mode);
    int error = errno;
    if (!stream && descriptor >= 0)
        close(descriptor);
    errno = error;
    return stream;
}

FILE *own_file_create_stream(const char *path)
{
    return stream_of(own_file_create(path), "wb");
}

FILE *own_file_reopen_stream(const char *path, const char *mode)
{
    int flags = mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_APPEND;
    return stream_of(open(path, flags | O_NOFOLLOW | O_CLOEXEC), mode);
}

bool own_directory_make(const char *path)
{
    return mkdir(path, OWN_DIRECTORY_MODE) == 0 || errno == EEXIST;
}

bool directory_is_open_to_others(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return false;
    return (about.st_mode & (S_IWGRP | S_IWOTH)) != 0 || (about.st_uid != 0 && about.st_uid != geteuid());
}
