#include "state/part_file.h"

#include "base/memory.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct part_file {
    int descriptor; /* locked as long as it is open */
    char path[PATH_MAX], part[PATH_MAX];
};

static bool fail(const char *what, const char *path, int error, char *ret_error, size_t error_size)
{
    snprintf(ret_error, error_size, "could not %s \"%s\": %s%s", what, path, strerror(error),
             error == ENOSPC || error == EDQUOT || error == EFBIG ? "; make room" : "");
    return false;
}

/* The directory of a path; the path is cut where it ends. */
static const char *directory_of(char *path)
{
    char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    slash[slash == path ? 1 : 0] = '\0';
    return path;
}

static bool make_directory(const char *path, char *ret_error, size_t error_size)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    const char *directory = directory_of(copy);
    if (mkdir(directory, 0750) == 0 || errno == EEXIST)
        return true;
    return fail("make the directory", directory, errno, ret_error, error_size);
}

/* Whether the name still belongs to the open file: somebody may have swept it between open and lock. */
static bool is_same_file(int descriptor, const char *path)
{
    struct stat opened, named;
    return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

static bool open_locked(struct part_file *file, char *ret_error, size_t error_size)
{
    part_file_sweep(file->part); /* what stands there is taken away, never written into */
    file->descriptor = open(file->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file->descriptor < 0 && errno != EEXIST)
        return fail("create", file->part, errno, ret_error, error_size);
    if (file->descriptor >= 0 && flock(file->descriptor, LOCK_EX | LOCK_NB) == 0 &&
        is_same_file(file->descriptor, file->part))
        return true;
    if (file->descriptor >= 0)
        close(file->descriptor);
    snprintf(ret_error, error_size, "somebody else is writing or removing \"%s\" at this moment", file->part);
    return false;
}

struct part_file *part_file_create(const char *path, char *ret_error, size_t error_size)
{
    if (strlen(path) + sizeof(PART_FILE_ENDING) > PATH_MAX) {
        fail("create", path, ENAMETOOLONG, ret_error, error_size);
        return NULL;
    }
    if (!make_directory(path, ret_error, error_size))
        return NULL;
    struct part_file *file = memory_alloc_zeroed(1, sizeof(*file));
    memcpy(file->path, path, strlen(path) + 1);
    int length = snprintf(file->part, sizeof(file->part), "%s%s", path, PART_FILE_ENDING);
    must(length > 0 && (size_t)length < sizeof(file->part));
    if (open_locked(file, ret_error, error_size))
        return file;
    memory_free(file);
    return NULL;
}

bool part_file_write(struct part_file *file, const void *data, size_t length, char *ret_error,
                     size_t error_size)
{
    const char *from = data;
    while (length > 0) {
        ssize_t written = write(file->descriptor, from, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail("write", file->part, written == 0 ? ENOSPC : errno, ret_error, error_size);
        from += written;
        length -= (size_t)written;
    }
    return true;
}

static void part_file_close(struct part_file *file)
{
    close(file->descriptor);
    memory_free(file);
}

static bool sync_directory(const char *path, char *ret_error, size_t error_size)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    const char *directory = directory_of(copy);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = descriptor >= 0 && fsync(descriptor) == 0;
    int error = errno;
    if (descriptor >= 0)
        close(descriptor);
    if (synced)
        return true;
    return fail("sync the directory (the file is written)", directory, error, ret_error, error_size);
}

bool part_file_finish(struct part_file *file, char *ret_error, size_t error_size)
{
    bool fine = fsync(file->descriptor) == 0 || fail("sync", file->part, errno, ret_error, error_size);
    if (fine && !is_same_file(file->descriptor, file->part)) {
        snprintf(ret_error, error_size, "\"%s\" was removed or replaced while it was being written",
                 file->part);
        fine = false;
    }
    if (fine && rename(file->part, file->path) != 0)
        fine = fail("rename", file->part, errno, ret_error, error_size);
    if (!fine) {
        part_file_discard(file);
        return false;
    }
    fine = sync_directory(file->path, ret_error, error_size);
    part_file_close(file);
    return fine;
}

void part_file_discard(struct part_file *file)
{
    if (!file)
        return;
    if (is_same_file(file->descriptor, file->part))
        unlink(file->part);
    part_file_close(file);
}

void part_file_sweep(const char *part_path)
{
    struct stat about;
    if (lstat(part_path, &about) == 0 && S_ISLNK(about.st_mode))
        unlink(part_path); /* we make no links */
    int descriptor = open(part_path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return;
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_same_file(descriptor, part_path))
        unlink(part_path);
    close(descriptor);
}
