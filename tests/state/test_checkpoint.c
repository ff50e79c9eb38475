#include "given_checkpoint.h"

#include "base/limits.h"
#include "state/format.h"

#include <signal.h>
#include <sys/resource.h>

TestSuite(checkpoint, .init = make_directory, .fini = remove_directory, .timeout = 60);

/* Reads it whole; true when nothing is wrong with it. */
static bool reads_well(const char *path)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS], block;
    enum checkpoint_read read = CHECKPOINT_DAMAGED;
    error[0] = '\0';
    struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
    if (reader)
        while ((read = checkpoint_next(reader, &block, error, sizeof(error))) == CHECKPOINT_BLOCK)
            ;
    checkpoint_close(reader);
    cr_assert_eq(read == CHECKPOINT_END, error[0] == '\0', "a sentence, or the end: %s", error);
    return read == CHECKPOINT_END;
}

Test(checkpoint, reads_what_was_written)
{
    struct checkpoint_head head = given_head(5000), again;
    struct bytes texts[CHECKPOINT_TEXTS], block;
    const char *path = given_file(&head, 3);
    struct checkpoint_reader *reader = checkpoint_open(path, &again, texts, error, sizeof(error));
    cr_assert_not_null(reader, "%s", error);
    cr_expect_eq(again.engine_version, head.engine_version);
    cr_expect_str_eq(again.cluster, head.cluster);
    cr_expect_str_eq(again.topic, head.topic);
    cr_expect_str_eq(again.group, head.group);
    cr_expect_eq(again.partition, head.partition);
    cr_expect_eq(again.partitions_count, head.partitions_count);
    cr_expect_eq(again.offset, head.offset);
    cr_expect_eq(again.last_offset, head.last_offset);
    cr_expect_eq(again.last_record.low, head.last_record.low);
    cr_expect_eq(again.last_record.high, head.last_record.high);
    cr_expect_str_eq(again.metadata, head.metadata);
    cr_expect_str_eq(again.serial, head.serial);
    cr_expect(bytes_equal(texts[CHECKPOINT_BOOK], given_texts[CHECKPOINT_BOOK]));
    cr_expect(bytes_is_null(texts[CHECKPOINT_REFERENCE]));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(checkpoint_next(reader, &block, error, sizeof(error)), CHECKPOINT_BLOCK, "%s", error);
        cr_expect(bytes_equal(block, given_block(i)), "block %d", i);
        cr_expect_lt(checkpoint_bytes_done(reader), checkpoint_bytes(reader));
    }
    cr_assert_eq(checkpoint_next(reader, &block, error, sizeof(error)), CHECKPOINT_END, "%s", error);
    cr_expect_eq(checkpoint_digest(reader).low, given_digest.low);
    cr_expect_eq(checkpoint_digest(reader).high, given_digest.high);
    cr_expect_eq(checkpoint_bytes_done(reader), checkpoint_bytes(reader));
    checkpoint_close(reader);
}

Test(checkpoint, keeps_null_empty_and_full_texts_apart)
{
    static const struct bytes rows[][CHECKPOINT_TEXTS] = {
        { { NULL, 0 }, { NULL, 0 } }, { { "", 0 }, { NULL, 0 } },  { { NULL, 0 }, { "", 0 } },
        { { "", 0 }, { "", 0 } },     { { "a", 1 }, { "b", 1 } },  { { NULL, 0 }, { "b", 1 } },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct checkpoint_head head = given_head((int64_t)row + 10);
        struct bytes texts[CHECKPOINT_TEXTS], block;
        char path[CHECKPOINT_PATH_BYTES];
        struct checkpoint_writer *writer =
            checkpoint_create(directory, &head, rows[row], error, sizeof(error));
        cr_assert_not_null(writer, "%s", error);
        cr_assert(checkpoint_finish(writer, given_digest, error, sizeof(error)), "%s", error);
        cr_assert(checkpoint_path(directory, head.topic, head.group, head.partition, head.offset, path));
        struct checkpoint_reader *reader = checkpoint_open(path, &head, texts, error, sizeof(error));
        cr_assert_not_null(reader, "row %zu: %s", row, error);
        for (int text = 0; text < CHECKPOINT_TEXTS; text++)
            cr_expect(bytes_equal(texts[text], rows[row][text]), "row %zu, text %d", row, text);
        cr_expect_eq(checkpoint_next(reader, &block, error, sizeof(error)), CHECKPOINT_END,
                     "no blocks: the end comes at once");
        checkpoint_close(reader);
    }
}

Test(checkpoint, sees_every_flipped_bit_of_every_byte)
{
    static unsigned char bytes[8192];
    struct checkpoint_head head = given_head(5000);
    const char *path = given_file(&head, 2);
    size_t length = slurp(path, bytes, sizeof(bytes));
    cr_assert(reads_well(path));
    for (size_t at = 0; at < length; at++) {
        bytes[at] ^= (unsigned char)(1u << (at % 8));
        spill(path, bytes, length);
        cr_assert_not(reads_well(path), "byte %zu", at);
        cr_assert_null(strstr(error, "format"), "a flipped bit is no other format: byte %zu: %s", at, error);
        bytes[at] ^= (unsigned char)(1u << (at % 8));
    }
    spill(path, bytes, length);
    cr_assert(reads_well(path));
}

Test(checkpoint, sees_every_truncation_and_every_byte_too_much)
{
    static unsigned char bytes[8192];
    struct checkpoint_head head = given_head(5000);
    const char *path = given_file(&head, 2);
    size_t length = slurp(path, bytes, sizeof(bytes));
    for (size_t cut = 0; cut < length; cut++) {
        spill(path, bytes, cut);
        cr_assert_not(reads_well(path), "cut at %zu", cut);
    }
    spill(path, bytes, length + 1);
    cr_assert_not(reads_well(path));
    spill(path, bytes, length);
    cr_assert(reads_well(path));
}

/* Frames of the file, by place: the hash of each hangs on all before it, so none can be left out, doubled or
 * moved. */
Test(checkpoint, sees_a_block_left_out_doubled_or_moved)
{
    static unsigned char bytes[65536], other[65536];
    size_t places[8], count = 0;
    struct checkpoint_head head = given_head(5000);
    const char *path = given_file(&head, 3);
    size_t length = slurp(path, bytes, sizeof(bytes));
    for (size_t at = HEAD_BYTES; at < length; at += FRAME_HEAD_BYTES + frame_decode(bytes + at).packed_bytes)
        places[count++] = at;
    cr_assert_eq(count, 5, "a book, three blocks, the end");
    places[count] = length;
    static const int orders[][6] = {
        { 0, 1, 2, 4, -1 }, { 0, 1, 2, 2, 3, 4 }, { 0, 2, 1, 3, 4, -1 },
        { 1, 2, 3, 4, -1 }, { 0, 1, 2, 3, -1 },
    };
    for (size_t row = 0; row < COUNT(orders); row++) {
        size_t filled = HEAD_BYTES;
        memcpy(other, bytes, HEAD_BYTES);
        for (int i = 0; i < 6 && orders[row][i] >= 0; i++) {
            int frame = orders[row][i];
            memcpy(other + filled, bytes + places[frame], places[frame + 1] - places[frame]);
            filled += places[frame + 1] - places[frame];
        }
        spill(path, other, filled);
        cr_expect_not(reads_well(path), "row %zu", row);
    }
}

static void seal_head(unsigned char *bytes)
{
    uint64_t hash = hash64(bytes, HEAD_BYTES - HEAD_HASH_BYTES, 0);
    for (int i = 0; i < HEAD_HASH_BYTES; i++)
        bytes[HEAD_BYTES - HEAD_HASH_BYTES + i] = (unsigned char)(hash >> (8 * i));
}

Test(checkpoint, refuses_other_formats_and_says_what_to_do)
{
    static unsigned char bytes[65536];
    static const unsigned char formats[] = { 0, CHECKPOINT_FORMAT_SIGNED + 1, 200 };
    const char *path = given_checkpoint(5000);
    size_t length = slurp(path, bytes, sizeof(bytes));
    for (size_t row = 0; row < COUNT(formats); row++) {
        char wanted[64];
        bytes[HEAD_FORMAT_AT] = formats[row];
        seal_head(bytes);
        spill(path, bytes, length);
        cr_expect_not(reads_well(path));
        snprintf(wanted, sizeof(wanted), "written in format %d, this program reads formats 1 and 2",
                 formats[row]);
        cr_expect_not_null(strstr(error, wanted), "%s", error);
        cr_expect_not_null(strstr(error, "stop it cleanly"), "%s", error);
    }
}

/* What only a hand can make: hashes agree and the content does not. */
Test(checkpoint, believes_no_head_made_by_hand)
{
    static unsigned char bytes[65536];
    static const struct { const char *label; size_t at; unsigned char value; } rows[] = {
        { "partition -1", 27, 0xff },
        { "more partitions than there may be", 30, 0x10 },
        { "partition beyond the last", 24, 12 },
        { "an offset before that of the record folded last", 39, 0x80 },
        { "a topic without end", 0, 0 },
    };
    const char *path = given_checkpoint(5000);
    size_t length = slurp(path, bytes, sizeof(bytes));
    for (size_t row = 0; row < COUNT(rows); row++) {
        unsigned char spare[HEAD_BYTES];
        memcpy(spare, bytes, HEAD_BYTES);
        if (rows[row].at)
            bytes[rows[row].at] = rows[row].value;
        else
            memset(bytes + 128, 'x', CHECKPOINT_TOPIC_BYTES);
        seal_head(bytes);
        spill(path, bytes, length);
        cr_expect_not(reads_well(path), "%s", rows[row].label);
        cr_expect_not_null(strstr(error, "its head does not"), "%s: %s", rows[row].label, error);
        memcpy(bytes, spare, HEAD_BYTES);
    }
}

/* A frame that says it is a terabyte, rightly sealed: refused by its lengths, before memory is taken. */
Test(checkpoint, takes_no_memory_for_lengths_that_cannot_be)
{
    static unsigned char bytes[HEAD_BYTES + FRAME_HEAD_BYTES + 64];
    static const struct frame rows[] = {
        { FRAME_BLOCK, UINT32_MAX, 64, 0 },
        { FRAME_BLOCK, CHECKPOINT_BLOCK_BYTES_MAX + 1, 64, 0 },
        { FRAME_BLOCK, 10, UINT32_MAX, 0 },
        { FRAME_BLOCK, 0, 64, 0 },
        { FRAME_BLOCK, 1, 0, 0 },
        { FRAME_BLOCK, 100 * 1024 * 1024, 64, 0 },
        { FRAME_BOOK, CHECKPOINT_TEXT_BYTES_MAX + 1, 64, 0 },
        { FRAME_END, 64, 64, 0 },
        { 0, 64, 64, 0 },
        { 77, 64, 64, 0 },
        { FRAME_BLOCK, 200 << 20, 200 << 20, 0 },
        { FRAME_BLOCK, 100, 65, 0 },
    };
    struct checkpoint_head head = given_head(5000);
    head_encode(&head, bytes);
    struct rlimit before;
    cr_assert_eq(getrlimit(RLIMIT_DATA, &before), 0);
    char path[128];
    snprintf(path, sizeof(path), "%s/hostile", directory);
#ifndef __SANITIZE_ADDRESS__
    struct rlimit limit = { 64 << 20, before.rlim_max };
    cr_assert_eq(setrlimit(RLIMIT_DATA, &limit), 0);
#endif
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct frame frame = rows[row];
        if (frame.packed_bytes <= 64)
            frame.hash =
                frame_hash(&frame, bytes + HEAD_BYTES + FRAME_HEAD_BYTES, head_hash(bytes, HEAD_BYTES));
        frame_encode(&frame, bytes + HEAD_BYTES);
        spill(path, bytes, sizeof(bytes));
        cr_expect_not(reads_well(path), "row %zu", row);
        cr_expect_not_null(
            strstr(error, row == 5 ? "another length than it says" : "a length in it cannot be"),
            "row %zu: %s", row, error);
    }
    setrlimit(RLIMIT_DATA, &before);
}

/* RLIMIT_FSIZE stands for a full disk; without the signal, which the program ignores too. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit = { bytes, RLIM_INFINITY };
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(checkpoint, a_full_disk_leaves_no_file_and_says_so)
{
    struct checkpoint_head head = given_head(5000);
    /* In the head, in a block, in the end. */
    for (rlim_t bytes = 0; bytes < 2000; bytes += 7) {
        limit_files(bytes);
        error[0] = '\0';
        bool fine = false;
        struct checkpoint_writer *writer =
            checkpoint_create(directory, &head, given_texts, error, sizeof(error));
        if (writer && !checkpoint_add(writer, given_block(1), error, sizeof(error)))
            checkpoint_discard(writer);
        else if (writer)
            fine = checkpoint_finish(writer, given_digest, error, sizeof(error));
        limit_files(RLIM_INFINITY);
        cr_expect_eq(files_count(), fine ? 1 : 0, "%d bytes", (int)bytes);
        cr_expect_eq(fine, error[0] == '\0');
        if (bytes < 1000)
            cr_expect_not(fine);
        if (!fine)
            cr_expect_not_null(strstr(error, "make room"), "%s", error);
    }
    cr_expect_eq(files_count(), 1, "the last ones fitted");
}

Test(checkpoint, a_discarded_one_leaves_nothing)
{
    struct checkpoint_head head = given_head(5000);
    struct checkpoint_writer *writer = given_unfinished(&head, 3);
    cr_expect_eq(files_count(), 1);
    checkpoint_discard(writer);
    cr_expect_eq(files_count(), 0);
    checkpoint_discard(NULL);
}

Test(checkpoint, two_writers_of_one_file_do_not_mix)
{
    struct checkpoint_head head = given_head(5000);
    struct checkpoint_writer *first = given_unfinished(&head, 2);
    cr_expect_null(checkpoint_create(directory, &head, given_texts, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "somebody else"), "%s", error);
    cr_assert(checkpoint_add(first, given_block(2), error, sizeof(error)));
    cr_assert(checkpoint_finish(first, given_digest, error, sizeof(error)), "%s", error);
    cr_expect_eq(files_count(), 1);
}

/* Somebody empties the directory by hand while it is being written. */
Test(checkpoint, a_file_that_vanished_is_no_success)
{
    struct checkpoint_head head = given_head(5000);
    struct checkpoint_writer *writer = given_unfinished(&head, 2);
    char path[CHECKPOINT_PATH_BYTES], part[CHECKPOINT_PATH_BYTES + 8];
    cr_assert(checkpoint_path(directory, head.topic, head.group, head.partition, head.offset, path));
    snprintf(part, sizeof(part), "%s.part", path);
    cr_assert_eq(unlink(part), 0);
    cr_expect_not(checkpoint_finish(writer, given_digest, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "removed or replaced"), "%s", error);
    cr_expect_eq(files_count(), 0);
}

/* Or even puts another file there: that one must not get our name, nor be removed. */
Test(checkpoint, a_file_that_was_replaced_is_no_success)
{
    struct checkpoint_head head = given_head(5000);
    struct checkpoint_writer *writer = given_unfinished(&head, 2);
    char path[CHECKPOINT_PATH_BYTES], part[CHECKPOINT_PATH_BYTES + 8];
    cr_assert(checkpoint_path(directory, head.topic, head.group, head.partition, head.offset, path));
    snprintf(part, sizeof(part), "%s.part", path);
    cr_assert_eq(unlink(part), 0);
    spill(part, (const unsigned char *)"another", 7);
    cr_expect_not(checkpoint_finish(writer, given_digest, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "removed or replaced"), "%s", error);
    cr_expect_eq(access(path, F_OK), -1);
    cr_expect_eq(access(part, F_OK), 0);
}

Test(checkpoint, makes_the_directory_but_not_its_parents)
{
    struct checkpoint_head head = given_head(5000);
    char below[96], deeper[128];
    snprintf(below, sizeof(below), "%s/state", directory);
    snprintf(deeper, sizeof(deeper), "%s/no/such", directory);
    struct checkpoint_writer *writer = checkpoint_create(below, &head, given_texts, error, sizeof(error));
    cr_assert_not_null(writer, "%s", error);
    checkpoint_discard(writer);
    cr_expect_eq(rmdir(below), 0, "nothing is left in it");
    cr_expect_null(checkpoint_create(deeper, &head, given_texts, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "/no/such"), "%s", error);
}

Test(checkpoint, what_is_no_file_is_not_waited_for)
{
    struct checkpoint_head head;
    struct bytes texts[CHECKPOINT_TEXTS];
    char path[96];
    cr_expect_null(checkpoint_open(directory, &head, texts, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "it is no file"), "%s", error);
    snprintf(path, sizeof(path), "%s/pipe", directory);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_null(checkpoint_open(path, &head, texts, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "it is no file"), "%s", error);
    snprintf(path, sizeof(path), "%s/missing", directory);
    cr_expect_null(checkpoint_open(path, &head, texts, error, sizeof(error)));
    cr_expect_not_null(strstr(error, "missing"), "%s", error);
}

/* One file of each format that was ever released, written by the program of its day
 * (tests/state/data/README.md). */
Test(checkpoint, reads_the_files_of_the_past)
{
    struct checkpoint_head head, wanted = given_head(123456789);
    struct bytes texts[CHECKPOINT_TEXTS], block;
    struct checkpoint_reader *reader =
        checkpoint_open(SOURCE_DIR "/tests/state/data/format-1.bwc", &head, texts, error, sizeof(error));
    cr_assert_not_null(reader, "%s", error);
    cr_expect_str_eq(head.metadata, wanted.metadata);
    cr_expect_eq(head.offset, wanted.offset);
    cr_expect_eq(head.last_record.high, wanted.last_record.high);
    cr_expect(bytes_equal(texts[CHECKPOINT_BOOK], given_texts[CHECKPOINT_BOOK]));
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(checkpoint_next(reader, &block, error, sizeof(error)), CHECKPOINT_BLOCK, "%s", error);
        cr_expect(bytes_equal(block, given_block(i)));
    }
    cr_expect_eq(checkpoint_next(reader, &block, error, sizeof(error)), CHECKPOINT_END, "%s", error);
    cr_expect_eq(checkpoint_digest(reader).high, given_digest.high);
    checkpoint_close(reader);
}
