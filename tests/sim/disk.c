#include "disk.h"

#include "base/buffer.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/must.h"
#include "sim.h"
#include "system/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    COPIES_MAX = 32,
    NAMES_MAX = 64,
    NAME_BYTES = 120,
    FILE_BYTES_MAX = 64 * 1024 * 1024,
    ROOM_BYTES = 1500
};

/* A file as it was once. */
struct copy {
    char path[DISK_PATH_BYTES + NAME_BYTES];
    struct buffer bytes;
    uint64_t after; /* hash of what the damage left of it; 0: nothing */
};
static struct {
    char directories[DISK_DIRECTORIES_MAX][DISK_PATH_BYTES];
    /* as they were before the damage; and to be brought back some day */
    struct copy damaged[COPIES_MAX], old[COPIES_MAX];
    size_t damaged_count, old_count;
    bool full;
} disk;

#define FAULTS(X)                                                                                            \
    X(truncated) X(bit_flipped) X(newest_removed) X(part_left) X(set_aside) X(old_one_back) X(full)
#define AS_FAULT(name) FAULT_##name,
enum fault { FAULTS(AS_FAULT) FAULTS_COUNT };
#undef AS_FAULT
#define AS_NAME(name) #name,
static const char *const fault_names[] = { FAULTS(AS_NAME) };
#undef AS_NAME
static int64_t fault_counts[FAULTS_COUNT];

void disk_print_faults(void)
{
    for (int i = 0; i < FAULTS_COUNT; i++)
        printf("%s %lld ", fault_names[i], (long long)fault_counts[i]);
    printf("\n");
}

void disk_open(const char *base)
{
    for (int i = 0; i < DISK_DIRECTORIES_MAX; i++) {
        snprintf(disk.directories[i], DISK_PATH_BYTES, "%s/%d", base, i);
        if (mkdir(disk.directories[i], 0700) != 0 && errno != EEXIST)
            sim_fail("could not make \"%s\": %s", disk.directories[i], strerror(errno));
    }
}

const char *disk_directory(int number)
{
    return disk.directories[number];
}

/* --- files --- */

static int order_of_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* In the order of their names: that of the directory is the machine's. */
static size_t list(int number, const char *ending, char names[NAMES_MAX][NAME_BYTES])
{
    size_t count = 0, ending_length = strlen(ending);
    DIR *directory = opendir(disk.directories[number]);
    must(directory != NULL);
    for (struct dirent *entry; count < NAMES_MAX && (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && length < NAME_BYTES && length >= ending_length &&
            memcmp(entry->d_name + length - ending_length, ending, ending_length) == 0)
            memcpy(names[count++], entry->d_name, length + 1);
    }
    closedir(directory);
    qsort(names, count, NAME_BYTES, order_of_names);
    return count;
}

static void path_of(char path[DISK_PATH_BYTES + NAME_BYTES], int number, const char name[NAME_BYTES])
{
    snprintf(path, DISK_PATH_BYTES + NAME_BYTES, "%.*s/%.*s", DISK_PATH_BYTES - 2, disk.directories[number],
             NAME_BYTES - 1, name);
}

static void write_file(const char *path, struct bytes bytes)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(descriptor >= 0 && write(descriptor, bytes.data, bytes.length) == (ssize_t)bytes.length);
    close(descriptor);
}

static uint64_t hash_of_file(const char *path)
{
    struct buffer bytes = { 0 };
    uint64_t hash =
        text_file_read(path, FILE_BYTES_MAX, &bytes) ? hash64(bytes.data, bytes.length, 1) | 1 : 0;
    buffer_release(&bytes);
    return hash;
}

static void copies_clear(struct copy *copies, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        buffer_release(&copies[i].bytes);
    *count = 0;
}

static struct copy *keep(struct copy *copies, size_t *count, const char *path)
{
    if (*count == COPIES_MAX)
        return NULL;
    struct copy *copy = &copies[*count];
    *copy = (struct copy){ .bytes = { 0 } };
    snprintf(copy->path, sizeof(copy->path), "%.*s", (int)sizeof(copy->path) - 1, path);
    if (!text_file_read(path, FILE_BYTES_MAX, &copy->bytes)) {
        buffer_release(&copy->bytes);
        return NULL;
    }
    ++*count;
    return copy;
}

void disk_clear(void)
{
    char names[NAMES_MAX][NAME_BYTES], path[DISK_PATH_BYTES + NAME_BYTES];
    disk_set_full(false);
    for (int number = 0; number < DISK_DIRECTORIES_MAX; number++) {
        size_t count = list(number, "", names);
        for (size_t i = 0; i < count; i++) {
            path_of(path, number, names[i]);
            unlink(path);
        }
    }
    copies_clear(disk.damaged, &disk.damaged_count);
    copies_clear(disk.old, &disk.old_count);
}

/* --- faults --- */

static void truncate_file(const struct copy *was)
{
    write_file(was->path, (struct bytes){ was->bytes.data, sim_draw(was->bytes.length + 1) });
}

static void flip_bit(const struct copy *was)
{
    struct buffer flipped = { 0 };
    buffer_add_bytes(&flipped, buffer_bytes(&was->bytes));
    if (flipped.length > 0)
        flipped.data[sim_draw(flipped.length)] ^= (char)(1u << sim_draw(8));
    write_file(was->path, buffer_bytes(&flipped));
    buffer_release(&flipped);
}

static void leave_part(const char *path, struct bytes bytes)
{
    char part[DISK_PATH_BYTES + NAME_BYTES + 8];
    snprintf(part, sizeof(part), "%.*s.part", (int)sizeof(part) - 8, path);
    if (access(part, F_OK) != 0) /* a living one stays */
        write_file(part, (struct bytes){ bytes.data, bytes.length / 2 });
}

static void bring_old_back(void)
{
    if (disk.old_count == 0)
        return;
    const struct copy *copy = &disk.old[sim_draw(disk.old_count)];
    struct copy *was = keep(disk.damaged, &disk.damaged_count, copy->path);
    if (!was && access(copy->path, F_OK) == 0)
        return; /* what it takes the place of could not be brought back */
    write_file(copy->path, buffer_bytes(&copy->bytes));
    if (was)
        was->after = hash_of_file(copy->path);
}

void disk_fault(int number)
{
    char names[NAMES_MAX][NAME_BYTES], path[DISK_PATH_BYTES + NAME_BYTES];
    enum fault fault = (enum fault)sim_draw(FAULT_full);
    size_t count = list(number, ".bwc", names);
    bool was_full = disk.full;
    if (count == 0)
        return;
    path_of(path, number, names[fault == FAULT_newest_removed ? count - 1 : sim_draw(count)]);
    disk_set_full(false);
    fault_counts[fault]++;
    bool hurts = fault == FAULT_truncated || fault == FAULT_bit_flipped || fault == FAULT_newest_removed;
    struct copy *was =
        hurts ? keep(disk.damaged, &disk.damaged_count, path) : keep(disk.old, &disk.old_count, path);
    if (was && fault == FAULT_truncated)
        truncate_file(was);
    else if (was && fault == FAULT_bit_flipped)
        flip_bit(was);
    else if (was && fault == FAULT_newest_removed)
        unlink(path);
    else if (was && fault == FAULT_part_left)
        leave_part(path, buffer_bytes(&was->bytes));
    else if (fault == FAULT_old_one_back)
        bring_old_back();
    if (was && hurts)
        was->after = hash_of_file(path);
    disk_set_full(was_full);
}

bool disk_is_damaged(void)
{
    return disk.damaged_count > 0;
}

static bool is_of(const struct copy *copy, int32_t partition)
{
    char name[32];
    snprintf(name, sizeof(name), "/checkpoint-%d-", (int)partition);
    return partition < 0 || strstr(copy->path, name) != NULL;
}

/* The file as it is becomes the one that can be brought back. */
static void change_positions(struct copy *copy)
{
    struct buffer there = { 0 };
    text_file_read(copy->path, FILE_BYTES_MAX, &there);
    write_file(copy->path, buffer_bytes(&copy->bytes));
    buffer_release(&copy->bytes);
    copy->bytes = there;
    copy->after = 0;
}

void disk_repair(int32_t partition)
{
    size_t left = 0;
    disk_set_full(false);
    for (size_t i = disk.damaged_count; i-- > 0;) { /* the oldest damage of a file last */
        struct copy *copy = &disk.damaged[i];
        if (!is_of(copy, partition))
            continue;
        if (hash_of_file(copy->path) == copy->after) {
            write_file(copy->path, buffer_bytes(&copy->bytes));
            buffer_release(&copy->bytes);
        } else if (partition >= 0) {
            change_positions(copy);
        }
    }
    for (size_t i = 0; i < disk.damaged_count; i++)
        if (disk.damaged[i].bytes.data)
            disk.damaged[left++] = disk.damaged[i];
    disk.damaged_count = left;
}

void disk_set_full(bool full)
{
    if (full == disk.full)
        return;
    struct rlimit limit;
    must(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = full ? ROOM_BYTES : limit.rlim_max;
    must(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    disk.full = full;
    fault_counts[FAULT_full] += full;
}

bool disk_is_full(void)
{
    return disk.full;
}

void disk_remove(const char *base)
{
    disk_open(base);
    disk_clear();
    for (int i = 0; i < DISK_DIRECTORIES_MAX; i++)
        rmdir(disk.directories[i]);
    rmdir(base);
}
