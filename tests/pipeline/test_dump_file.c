#include "pipeline/dump_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static char error[256];

static void make_path(void)
{
    snprintf(path, sizeof(path), "/tmp/bw-dump-%d.dump", (int)getpid());
}

static void remove_path(void)
{
    unlink(path);
}

TestSuite(dump_file, .init = make_path, .fini = remove_path, .timeout = 20);

static const struct dump_record rows[] = {
    { 0, 1000, { "p1", 2 }, { "\0\0\0\0\1x", 6 } },
    { 1, 1001, { NULL, 0 }, { "", 0 } },
    { 5, -1, { "", 0 }, { NULL, 0 } },
};

static void write_rows(void)
{
    struct dump_writer *writer =
        dump_writer_open(path, &(struct dump_head){ BYTES("declarations"), 3, 8 }, error, sizeof(error));
    cr_assert_not_null(writer);
    for (size_t i = 0; i < COUNT(rows); i++)
        cr_assert(dump_writer_add(writer, &rows[i]));
    cr_assert(dump_writer_close(writer, error, sizeof(error)));
}

static enum dump_read read_all(size_t *ret_count)
{
    struct dump_head head;
    struct dump_record record;
    struct dump_reader *reader = dump_reader_open(path, &head, error, sizeof(error));
    enum dump_read read = DUMP_DAMAGED;
    *ret_count = 0;
    if (!reader)
        return read;
    while ((read = dump_reader_next(reader, &record)) == DUMP_RECORD)
        ++*ret_count;
    dump_reader_close(reader);
    return read;
}

Test(dump_file, gives_back_what_was_written_nulls_and_gaps_included)
{
    write_rows();
    struct dump_head head;
    struct dump_record record;
    struct dump_reader *reader = dump_reader_open(path, &head, error, sizeof(error));
    cr_assert_not_null(reader);
    cr_expect(bytes_equal(head.topic, BYTES("declarations")));
    cr_expect_eq(head.partition, 3);
    cr_expect_eq(head.partitions_count, 8);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cr_assert_eq(dump_reader_next(reader, &record), DUMP_RECORD);
        cr_expect_eq(record.offset, rows[i].offset);
        cr_expect_eq(record.timestamp, rows[i].timestamp);
        cr_expect(bytes_equal(record.key, rows[i].key));
        cr_expect(bytes_equal(record.value, rows[i].value));
    }
    cr_expect_eq(dump_reader_next(reader, &record), DUMP_END);
    dump_reader_close(reader);
}

/* It is read in pieces of 1 MB: as many as fit exactly, and with a rest. */
Test(dump_file, gives_back_large_records)
{
    static char large[(3 << 20) + 5];
    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = (char)(i % 251);
    const struct dump_record wanted[] = { { 0, 1, { large, 1 << 20 }, { large + 7, 1 << 20 } },
                                          { 1, 1, { large, 5 }, { large, sizeof(large) } } };
    struct dump_head head = { BYTES("declarations"), 0, 1 };
    struct dump_writer *writer = dump_writer_open(path, &head, error, sizeof(error));
    cr_assert_not_null(writer);
    for (size_t i = 0; i < COUNT(wanted); i++)
        cr_assert(dump_writer_add(writer, &wanted[i]));
    cr_assert(dump_writer_close(writer, error, sizeof(error)));
    struct dump_record record;
    struct dump_reader *reader = dump_reader_open(path, &head, error, sizeof(error));
    cr_assert_not_null(reader);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        cr_assert_eq(dump_reader_next(reader, &record), DUMP_RECORD);
        cr_expect(bytes_equal(record.key, wanted[i].key) && bytes_equal(record.value, wanted[i].value));
    }
    cr_expect_eq(dump_reader_next(reader, &record), DUMP_END);
    dump_reader_close(reader);
}

Test(dump_file, is_damaged_wherever_it_is_cut)
{
    write_rows();
    size_t count;
    cr_assert_eq(read_all(&count), DUMP_END);
    cr_assert_eq(count, COUNT(rows));
    FILE *file = fopen(path, "rb");
    cr_assert_eq(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    fclose(file);
    for (long cut = size - 1; cut >= 0; cut--) {
        cr_assert_eq(truncate(path, cut), 0);
        cr_expect_eq(read_all(&count), DUMP_DAMAGED, "cut at %ld", cut);
    }
}

Test(dump_file, refuses_offsets_that_do_not_rise)
{
    struct dump_writer *writer =
        dump_writer_open(path, &(struct dump_head){ BYTES("t"), 0, 1 }, error, sizeof(error));
    dump_writer_add(writer, &rows[1]);
    dump_writer_add(writer, &rows[0]);
    cr_assert(dump_writer_close(writer, error, sizeof(error)));
    size_t count;
    cr_expect_eq(read_all(&count), DUMP_DAMAGED);
}

Test(dump_file, has_its_name_only_when_it_is_whole)
{
    struct dump_writer *writer =
        dump_writer_open(path, &(struct dump_head){ BYTES("t"), 0, 1 }, error, sizeof(error));
    cr_expect_neq(access(path, F_OK), 0);
    cr_assert(dump_writer_close(writer, error, sizeof(error)));
    cr_expect_eq(access(path, F_OK), 0);
}

Test(dump_file, is_read_by_owner_and_group_only_and_goes_through_no_link)
{
    char part[80], outside[80];
    struct stat about;
    snprintf(part, sizeof(part), "%s.part", path);
    snprintf(outside, sizeof(outside), "%s.outside", path);
    umask(0);
    cr_assert(symlink(outside, part) == 0);
    write_rows();
    cr_expect(lstat(path, &about) == 0 && S_ISREG(about.st_mode) && (about.st_mode & 07777) == 0640, "%o",
              (unsigned)about.st_mode);
    cr_expect(lstat(outside, &about) != 0, "a file was made outside");
}
