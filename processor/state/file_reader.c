#include "state/file_reader.h"

#include "base/limits.h"
#include "state/signature.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_damaged(const char *path, const char *what, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "checkpoint \"%s\" is damaged: %s", path, what);
    return false;
}

static bool file_fail(const char *what, const char *path, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "could not %s checkpoint \"%s\": %s", what, path, strerror(errno));
    return false;
}

bool file_read(int descriptor, const char *path, void *ret_bytes, size_t length, char *ret_error,
               size_t error_size)
{
    char *into = ret_bytes;
    while (length > 0) {
        ssize_t bytes = read(descriptor, into, length);
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0)
            return file_fail("read", path, ret_error, error_size);
        if (bytes == 0)
            return file_damaged(path, "it ends too early", ret_error, error_size);
        into += bytes;
        length -= (size_t)bytes;
    }
    return true;
}

static bool other_format(const char *path, uint32_t format, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size,
             "checkpoint \"%s\" was written in format %u, this program reads formats %d and %d: start the "
             "version that wrote it, stop it cleanly, "
             "and go on with a version that reads both (processor/state/README.md)",
             path, (unsigned)format, CHECKPOINT_FORMAT, CHECKPOINT_FORMAT_SIGNED);
    return false;
}

static bool head_read(int descriptor, const char *path, int64_t bytes, struct checkpoint_head *ret_head,
                      uint64_t *ret_hash, char *ret_error, size_t error_size)
{
    unsigned char head[CHECKPOINT_HEAD_BYTES_MAX];
    uint32_t format;
    if (bytes < HEAD_BEGIN_BYTES)
        return file_damaged(path, "it is too short", ret_error, error_size);
    if (!file_read(descriptor, path, head, HEAD_BEGIN_BYTES, ret_error, error_size))
        return false;
    size_t length = head_length(head);
    if (length == 0)
        return file_damaged(path, "it does not begin as a checkpoint does", ret_error, error_size);
    if (!file_read(descriptor, path, head + HEAD_BEGIN_BYTES, length - HEAD_BEGIN_BYTES, ret_error,
                   error_size))
        return false;
    switch (head_decode(head, length, ret_head, &format)) {
    case HEAD_FINE:
        *ret_hash = head_hash(head, length);
        return true;
    case HEAD_OTHER_FORMAT:
        return other_format(path, format, ret_error, error_size);
    default:
        return file_damaged(path, "its head does not agree with its hash", ret_error, error_size);
    }
}

/* Without waiting, should somebody have put a pipe there. */
static int open_regular(const char *path, int64_t *ret_bytes, char *ret_error, size_t error_size)
{
    struct stat about;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &about) != 0) {
        file_fail("open", path, ret_error, error_size);
    } else if (!S_ISREG(about.st_mode)) {
        file_damaged(path, "it is no file", ret_error, error_size);
    } else {
        *ret_bytes = about.st_size;
        return descriptor;
    }
    if (descriptor >= 0)
        close(descriptor);
    return -1;
}

int file_open(const char *path, struct checkpoint_head *ret_head, uint64_t *ret_hash, int64_t *ret_bytes,
              char *ret_error, size_t error_size)
{
    int descriptor = open_regular(path, ret_bytes, ret_error, error_size);
    if (descriptor < 0)
        return -1;
    if (head_read(descriptor, path, *ret_bytes, ret_head, ret_hash, ret_error, error_size))
        return descriptor;
    close(descriptor);
    return -1;
}

bool file_has_end(int descriptor, int64_t bytes, bool is_signed)
{
    unsigned char last[FRAME_HEAD_BYTES + END_BYTES + SIGNATURE_BYTES];
    int64_t end_bytes = END_BYTES + (is_signed ? SIGNATURE_BYTES : 0), length = FRAME_HEAD_BYTES + end_bytes;
    char error[8];
    if (bytes < length || lseek(descriptor, bytes - length, SEEK_SET) < 0 ||
        !file_read(descriptor, "", last, (size_t)length, error, sizeof(error)))
        return false;
    struct frame frame = frame_decode(last);
    return frame.kind == FRAME_END && frame.packed_bytes == end_bytes &&
           end_decode(last + FRAME_HEAD_BYTES).file_bytes == (uint64_t)bytes;
}
