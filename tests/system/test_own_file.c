/* Files that we make: new, readable by no others, and never somebody's link. */
#include "system/own_file.h"
#include "system/instance_lock.h"
#include "system/text_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[64], inside[128], outside[128], error[256];

static void make_directory(void)
{
    snprintf(directory, sizeof(directory), "/tmp/bundelwacht-own-XXXXXX");
    cr_assert_not_null(mkdtemp(directory));
    snprintf(inside, sizeof(inside), "%s/file", directory);
    snprintf(outside, sizeof(outside), "%s/outside", directory);
    umask(0);
}

static void remove_directory(void)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/instance.lock", directory);
    unlink(path);
    unlink(inside);
    unlink(outside);
    rmdir(directory);
}

TestSuite(own_file, .init = make_directory, .fini = remove_directory, .timeout = 10);

static void write_into(const char *path, const char *text)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    cr_assert(descriptor >= 0 && write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    close(descriptor);
}

static off_t length_of(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 ? about.st_size : -1;
}

static unsigned mode_of(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0 ? (unsigned)about.st_mode & 07777u : 0;
}

static void create_well(void)
{
    int descriptor = own_file_create(inside);
    cr_assert(descriptor >= 0, "errno %d", errno);
    cr_expect(write(descriptor, "ours", 4) == 4);
    close(descriptor);
    cr_expect(mode_of(inside) == 0640, "mode %o", mode_of(inside));
    cr_expect(length_of(inside) == 4);
}

Test(own_file, is_new_whatever_stood_there_and_nothing_outside_is_touched)
{
    create_well();
    write_into(outside, "outside");
    unlink(inside);
    cr_assert(symlink(outside, inside) == 0);
    create_well();
    unlink(inside);
    cr_assert(link(outside, inside) == 0);
    create_well();
    cr_expect(length_of(outside) == 7, "%lld", (long long)length_of(outside));
    unlink(inside);
    unlink(outside);
    cr_assert(symlink(outside, inside) == 0); /* to nowhere: a file would be made there */
    create_well();
    cr_expect(length_of(outside) == -1);
}

Test(own_file, is_refused_where_something_else_stands)
{
    cr_expect(own_file_create(directory) < 0 && errno == EEXIST);
    cr_assert(mkfifo(inside, 0600) == 0);
    cr_expect(own_file_create(inside) < 0 && errno == EEXIST);
    unlink(inside);
    write_into(outside, "outside");
    cr_assert(symlink(outside, inside) == 0);
    cr_expect(own_file_reopen_stream(inside, "ab") == NULL && errno == ELOOP);
    cr_expect(own_file_reopen_stream(inside, "rb") == NULL && errno == ELOOP);
}

Test(own_file, says_which_directories_are_open_to_others)
{
    static const struct { mode_t mode; bool open; } rows[] = {
        { 0700, false }, { 0750, false }, { 0755, false }, { 0770, true }, { 0757, true }, { 01777, true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        cr_assert(chmod(directory, rows[i].mode) == 0);
        cr_expect_eq(directory_is_open_to_others(directory), rows[i].open, "%o", (unsigned)rows[i].mode);
    }
    cr_expect_not(directory_is_open_to_others("/no/such"));
    cr_assert(own_directory_make(inside) && own_directory_make(inside));
    cr_expect(mode_of(inside) == 0750, "%o", mode_of(inside));
    rmdir(inside);
}

Test(own_file, is_no_link_when_it_is_a_lock_or_a_text)
{
    char lock[160], part[160];
    int descriptor;
    snprintf(lock, sizeof(lock), "%s/instance.lock", directory);
    cr_assert(symlink(outside, lock) == 0);
    cr_expect_eq(instance_lock(directory, "instance", &descriptor, error, sizeof(error)), LOCK_FAILED);
    cr_expect(length_of(outside) == -1, "the lock made a file outside");
    unlink(lock);
    write_into(outside, "outside");
    cr_assert(link(outside, lock) == 0);
    cr_expect_eq(instance_lock(directory, "instance", &descriptor, error, sizeof(error)), LOCK_FAILED);
    unlink(lock);
    snprintf(part, sizeof(part), "%s.%d.part", inside, (int)getpid());
    cr_assert(symlink(outside, part) == 0);
    cr_assert(text_file_write(inside, (struct bytes){ "text", 4 }, error, sizeof(error)), "%s", error);
    cr_expect(length_of(outside) == 7 && length_of(inside) == 4 && mode_of(inside) == 0640);
}
