/* fuzz_file.h - the bytes as a file, for readers that want a path. */
#ifndef BUNDELWACHT_TESTS_FUZZ_FILE_H
#define BUNDELWACHT_TESTS_FUZZ_FILE_H

#include "base/must.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file in memory, the same one for every call. */
static inline const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int file = -1;
    static char path[32];
    if (file < 0) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
        must(file >= 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    must(ftruncate(file, 0) == 0);
    must(pwrite(file, data, size, 0) == (ssize_t)size);
    return path;
}

#endif
