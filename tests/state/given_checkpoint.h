/* given_checkpoint.h - a directory of a test's own, and a small checkpoint with plain defaults in it.
 * Owner:   static; every test is a process. */
#ifndef BUNDELWACHT_TESTS_GIVEN_CHECKPOINT_H
#define BUNDELWACHT_TESTS_GIVEN_CHECKPOINT_H

#include "state/checkpoint.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define GIVEN_TOPIC "declarations"
#define GIVEN_GROUP "bundelwacht"
enum { GIVEN_PARTITION = 3 };

static char directory[64], error[CHECKPOINT_PATH_BYTES + 512];

static inline void make_directory(void)
{
    snprintf(directory, sizeof(directory), "/tmp/bw-state-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
}

static inline void remove_directory(void)
{
    char path[512];
    DIR *open = opendir(directory);
    for (struct dirent *entry; open && (entry = readdir(open)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    if (open)
        closedir(open);
    rmdir(directory);
}

static inline size_t files_count(void)
{
    size_t count = 0;
    DIR *open = opendir(directory);
    for (struct dirent *entry; open && (entry = readdir(open)) != NULL;)
        count += entry->d_name[0] != '.';
    if (open)
        closedir(open);
    return count;
}

static inline struct checkpoint_head given_head(int64_t offset)
{
    return (struct checkpoint_head){
        .engine_version = 7,
        .cluster = "5L6g3nShT-eMCtK--X86sw",
        .topic = GIVEN_TOPIC,
        .group = GIVEN_GROUP,
        .partition = GIVEN_PARTITION,
        .partitions_count = 12,
        .offset = offset,
        .last_offset = offset - 2, /* the last record before it was a marker of a transaction */
        .last_record = { .low = 0x0123456789abcdef, .high = 0xfedcba9876543210 },
        .metadata = "v1;engine=7;book=00112233445566778899aabbccddeeff;step=0",
        .serial = "2026-01",
    };
}

static const struct bytes given_texts[CHECKPOINT_TEXTS] = { { "bundles: []\n", 12 }, { NULL, 0 } };
static const struct hash128 given_digest = { .low = 11, .high = 22 };

/* Three blocks, of 1, 300 and 40,000 bytes. */
static inline struct bytes given_block(int number)
{
    static char bytes[40000];
    static const size_t lengths[] = { 1, 300, sizeof(bytes) };
    for (size_t i = 0; i < lengths[number]; i++)
        bytes[i] = (char)(i * i / 50 + (size_t)number);
    return (struct bytes){ bytes, lengths[number] };
}

static inline struct checkpoint_writer *given_unfinished(const struct checkpoint_head *head, int blocks_count)
{
    struct checkpoint_writer *writer = checkpoint_create(directory, head, given_texts, error, sizeof(error));
    cr_assert_not_null(writer, "%s", error);
    for (int i = 0; i < blocks_count; i++)
        cr_assert(checkpoint_add(writer, given_block(i), error, sizeof(error)), "%s", error);
    return writer;
}

/* Returns its path. */
static inline const char *given_file(const struct checkpoint_head *head, int blocks_count)
{
    static char path[CHECKPOINT_PATH_BYTES];
    struct checkpoint_writer *writer = given_unfinished(head, blocks_count);
    cr_assert(checkpoint_finish(writer, given_digest, error, sizeof(error)), "%s", error);
    cr_assert(checkpoint_path(directory, head->topic, head->group, head->partition, head->offset, path));
    return path;
}

static inline const char *given_checkpoint(int64_t offset)
{
    struct checkpoint_head head = given_head(offset);
    return given_file(&head, 3);
}

/* --- a file as bytes --- */

static inline size_t slurp(const char *path, unsigned char *bytes, size_t size)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t length = fread(bytes, 1, size, file);
    cr_assert(length < size);
    fclose(file);
    return length;
}

static inline void spill(const char *path, const unsigned char *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes, 1, length, file), length);
    cr_assert_eq(fclose(file), 0);
}

#endif
