#include "given_checkpoint.h"

#include "state/format.h"

#include <fcntl.h>

TestSuite(directory, .init = make_directory, .fini = remove_directory, .timeout = 60);

static char skipped[8][1024];
static size_t skipped_count;

static void keep_sentence(void *context, const char *sentence)
{
    (void)context;
    cr_assert_lt(skipped_count, COUNT(skipped));
    snprintf(skipped[skipped_count++], sizeof(skipped[0]), "%s", sentence);
}

static struct checkpoint_file files[CHECKPOINT_LIST_MAX];

static size_t list(void)
{
    skipped_count = 0;
    return checkpoint_list(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, files, keep_sentence, NULL);
}

static void tidy(void)
{
    checkpoint_tidy(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION);
}

static bool exists(int64_t offset)
{
    char path[CHECKPOINT_PATH_BYTES];
    cr_assert(checkpoint_path(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, offset, path));
    return access(path, F_OK) == 0;
}

/* Seconds after 1970, so that the order of writing does not hang on the clock. */
static void written_at(int64_t offset, int seconds)
{
    char path[CHECKPOINT_PATH_BYTES];
    struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };
    cr_assert(checkpoint_path(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, offset, path));
    cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void damage(const char *path, long at, bool from_end)
{
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, at, from_end ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    cr_assert_eq(fseek(file, -1, SEEK_CUR), 0);
    fputc(byte ^ 4, file);
    cr_assert_eq(fclose(file), 0);
}

Test(directory, lists_the_highest_offset_first)
{
    static const int64_t offsets[] = { 9, 100000, 20, 1000 };
    for (size_t i = 0; i < COUNT(offsets); i++)
        given_checkpoint(offsets[i]);
    cr_assert_eq(list(), 4);
    cr_expect_eq(files[0].offset, 100000);
    cr_expect_eq(files[1].offset, 1000);
    cr_expect_eq(files[2].offset, 20);
    cr_expect_eq(files[3].offset, 9);
    cr_expect_eq(access(files[3].path, R_OK), 0);
    cr_expect_eq(skipped_count, 0);
}

Test(directory, lists_at_most_sixteen_and_these_the_highest)
{
    for (int64_t offset = 2; offset < 22; offset++)
        given_checkpoint(offset);
    cr_assert_eq(list(), CHECKPOINT_LIST_MAX);
    cr_expect_eq(files[0].offset, 21);
    cr_expect_eq(files[CHECKPOINT_LIST_MAX - 1].offset, 6);
}

Test(directory, one_that_is_not_there_has_none)
{
    char missing[96];
    snprintf(missing, sizeof(missing), "%s/none", directory);
    cr_expect_eq(checkpoint_list(missing, "t", "g", 0, files, keep_sentence, NULL), 0);
    cr_expect_eq(skipped_count, 0);
    cr_expect_eq(checkpoint_list("/proc/self/status", "t", "g", 0, files, keep_sentence, NULL), 0);
    cr_expect_eq(skipped_count, 1, "what is no directory is said");
}

Test(directory, other_partitions_topics_and_groups_are_no_concern_of_ours)
{
    struct checkpoint_head other[3] = { given_head(100), given_head(100), given_head(100) };
    other[0].partition = 1;
    snprintf(other[1].topic, sizeof(other[1].topic), "other");
    snprintf(other[2].group, sizeof(other[2].group), "other");
    for (int i = 0; i < 3; i++)
        given_file(&other[i], 1);
    given_checkpoint(50);
    cr_assert_eq(list(), 1);
    cr_expect_eq(files[0].offset, 50);
    cr_expect_eq(skipped_count, 0);
    for (int64_t offset = 60; offset < 70; offset++)
        given_checkpoint(offset);
    tidy();
    cr_expect_eq(files_count(), 5, "three of others and our two");
}

Test(directory, passes_over_what_is_not_whole_and_says_which_and_why)
{
    char path[CHECKPOINT_PATH_BYTES];
    given_checkpoint(100);
    damage(given_checkpoint(200), 700, false);
    damage(given_checkpoint(300), -END_BYTES - FRAME_HEAD_BYTES, true);
    cr_assert_eq(truncate(given_checkpoint(400), 1500), 0);
    cr_assert_eq(truncate(given_checkpoint(500), 30), 0);
    snprintf(path, sizeof(path), "%s", given_checkpoint(600));
    cr_assert(checkpoint_path(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, 700, path));
    cr_assert_eq(rename(given_checkpoint(600), path), 0);
    cr_assert_eq(list(), 1);
    cr_expect_eq(files[0].offset, 100);
    cr_assert_eq(skipped_count, 5);
    static const char *const words[] = { "its name does not say", "ends too early", "its end is missing",
                                         "its end is missing", "hash" };
    for (size_t i = 0; i < 5; i++) {
        cr_expect_not_null(strstr(skipped[i], words[i]), "%s", skipped[i]);
        cr_expect_not_null(strstr(skipped[i], ".bwc\""), "%s", skipped[i]);
        cr_expect_not_null(strstr(skipped[i], "the next best is taken"), "%s", skipped[i]);
    }
}

Test(directory, another_format_is_passed_over_and_stays)
{
    static unsigned char bytes[65536];
    given_checkpoint(100);
    const char *path = given_checkpoint(200);
    size_t length = slurp(path, bytes, sizeof(bytes));
    bytes[HEAD_FORMAT_AT] = CHECKPOINT_FORMAT_SIGNED + 1;
    uint64_t hash = hash64(bytes, HEAD_BYTES - HEAD_HASH_BYTES, 0);
    memcpy(bytes + HEAD_BYTES - HEAD_HASH_BYTES, &hash, sizeof(hash));
    spill(path, bytes, length);
    cr_assert_eq(list(), 1);
    cr_expect_eq(files[0].offset, 100);
    cr_assert_eq(skipped_count, 1);
    cr_expect_not_null(strstr(skipped[0], "written in format 3"), "%s", skipped[0]);
    tidy();
    cr_expect(exists(200));
}

/* Who may write the directory can put a link under the name that the next checkpoint is written under. */
Test(directory, writes_no_checkpoint_through_somebodys_link)
{
    static unsigned char bytes[64];
    char path[CHECKPOINT_PATH_BYTES], part[CHECKPOINT_PATH_BYTES + 8], outside[CHECKPOINT_PATH_BYTES];
    int (*const links[])(const char *, const char *) = { symlink, link };
    snprintf(outside, sizeof(outside), "%s/outside", directory);
    for (size_t i = 0; i < COUNT(links); i++) {
        spill(outside, (const unsigned char *)"outside", 7);
        cr_assert(
            checkpoint_path(directory, GIVEN_TOPIC, GIVEN_GROUP, GIVEN_PARTITION, 100 + (int64_t)i, path));
        snprintf(part, sizeof(part), "%s.part", path);
        cr_assert(links[i](outside, part) == 0);
        given_checkpoint(100 + (int64_t)i);
        cr_expect(slurp(outside, bytes, sizeof(bytes)) == 7, "a file outside was overwritten");
        cr_expect(list() == i + 1 && files[0].offset == 100 + (int64_t)i);
        unlink(outside);
    }
}

/* The process died between the last byte and the rename; the old ones are there, and the next tidying removes
 * the rest. */
Test(directory, an_unfinished_one_is_never_listed_and_leaves_the_old_ones)
{
    char part[CHECKPOINT_PATH_BYTES + 8], path[CHECKPOINT_PATH_BYTES];
    given_checkpoint(100);
    given_checkpoint(200);
    snprintf(path, sizeof(path), "%s", given_checkpoint(300));
    snprintf(part, sizeof(part), "%s.part", path);
    cr_assert_eq(rename(path, part), 0);
    cr_assert_eq(list(), 2);
    cr_expect_eq(files[0].offset, 200);
    cr_expect_eq(skipped_count, 0);
    tidy();
    cr_expect_eq(files_count(), 2);
    cr_expect_eq(list(), 2);
}

Test(directory, tidying_keeps_the_newest_two)
{
    for (int64_t offset = 100; offset <= 500; offset += 100) {
        given_checkpoint(offset);
        written_at(offset, (int)offset);
    }
    tidy();
    cr_expect_eq(files_count(), 2);
    cr_expect(exists(400));
    cr_expect(exists(500));
    tidy();
    cr_expect_eq(files_count(), 2);
}

Test(directory, tidying_leaves_a_living_writer_alone)
{
    struct checkpoint_head ours = given_head(300), other = given_head(300);
    other.partition = 4;
    struct checkpoint_writer *writers[2] = { given_unfinished(&ours, 1), given_unfinished(&other, 1) };
    tidy();
    checkpoint_tidy(directory, GIVEN_TOPIC, GIVEN_GROUP, 4);
    for (int i = 0; i < 2; i++)
        cr_expect(checkpoint_finish(writers[i], given_digest, error, sizeof(error)), "%s", error);
    cr_expect_eq(files_count(), 2);
}

/* Two newer ones that cannot be read would otherwise push the last good one out. */
Test(directory, tidying_counts_only_whole_ones)
{
    given_checkpoint(100);
    given_checkpoint(200);
    given_checkpoint(300);
    cr_assert_eq(truncate(given_checkpoint(150), 1200), 0);
    cr_assert_eq(truncate(given_checkpoint(400), 1200), 0);
    cr_assert_eq(truncate(given_checkpoint(500), 1200), 0);
    written_at(100, 1);
    written_at(200, 2);
    written_at(300, 3);
    written_at(150, 4);
    tidy();
    cr_expect(exists(200));
    cr_expect(exists(300));
    cr_expect_not(exists(100));
    cr_expect_not(exists(150));
    cr_expect(exists(500), "whoever wants to know what happened to it may look");
}

Test(directory, tidying_with_fewer_than_two_removes_nothing)
{
    cr_assert_eq(truncate(given_checkpoint(100), 1200), 0);
    cr_assert_eq(truncate(given_checkpoint(200), 1200), 0);
    given_checkpoint(300);
    tidy();
    cr_expect_eq(files_count(), 3);
    given_checkpoint(400);
    tidy();
    cr_expect_eq(files_count(), 2);
}

/* The topic was made anew and the group reset: what is written now has lower offsets than what lies there. */
Test(directory, tidying_keeps_what_was_written_last_though_its_offset_is_low)
{
    static const struct {
        int64_t offset;
        int seconds;
    } rows[] = { { 8000, 1 }, { 9000, 2 }, { 10, 3 }, { 20, 4 }, { 30, 5 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        given_checkpoint(rows[i].offset);
        written_at(rows[i].offset, rows[i].seconds);
    }
    tidy();
    cr_expect_eq(files_count(), 4);
    cr_expect_not(exists(10));
    cr_expect(exists(20));
    cr_expect(exists(30));
}

Test(directory, foreign_names_are_left_alone)
{
    static const char *const names[] = {
        "checkpoint-3-0000000000000000001-0000000000000000.bwc",
        "checkpoint-3-0000000000000000000x-0000000000000000.bwc",
        "checkpoint-3-99999999999999999999-0000000000000000.bwc",
        "checkpoint-3-.bwc",
        "checkpoint-",
        "instance.lock",
        "checkpoint-3-.part",
    };
    char path[256];
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        spill(path, (const unsigned char *)"x", 1);
    }
    for (int64_t offset = 2; offset < 9; offset++)
        given_checkpoint(offset);
    cr_expect_eq(list(), 7);
    tidy();
    cr_expect_eq(files_count(), COUNT(names) + 2);
}

Test(directory, a_name_that_is_too_long_is_refused)
{
    static char longest[CHECKPOINT_PATH_BYTES];
    char path[CHECKPOINT_PATH_BYTES];
    memset(longest, 'a', sizeof(longest) - 1);
    cr_expect_not(checkpoint_path(longest, "t", "g", 0, 0, path));
}
