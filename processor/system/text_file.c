#include "system/text_file.h"

#include "system/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_all(int descriptor, struct bytes text)
{
    while (text.length > 0) {
        ssize_t written = write(descriptor, text.data, text.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text.data += written;
        text.length -= (size_t)written;
    }
    return fsync(descriptor) == 0;
}

static bool failed(const char *path, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "could not write \"%s\": %s", path, strerror(errno));
    return false;
}

bool text_file_write(const char *path, struct bytes text, char *ret_error, size_t error_size)
{
    char other[PATH_MAX];
    int length = snprintf(other, sizeof(other), "%s.%d.part", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof(other)) {
        errno = ENAMETOOLONG;
        return failed(path, ret_error, error_size);
    }
    int descriptor = own_file_create(other);
    if (descriptor < 0)
        return failed(other, ret_error, error_size);
    bool fine = write_all(descriptor, text);
    int error = errno;
    close(descriptor);
    errno = error;
    if (fine && rename(other, path) == 0)
        return true;
    failed(path, ret_error, error_size);
    unlink(other);
    return false;
}

bool text_file_read(const char *path, size_t bytes_max, struct buffer *text)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    ssize_t got;
    do {
        got = read(descriptor, buffer_reserve(text, 65536), 65536);
        if (got > 0)
            text->length += (size_t)got;
    } while ((got > 0 && text->length <= bytes_max) || (got < 0 && errno == EINTR));
    close(descriptor);
    return got == 0 && text->length <= bytes_max;
}
