/* Small files that are there whole or not at all. */
#include "system/text_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Test(text_file, is_written_whole_and_read_within_its_limit)
{
    char directory[] = "/tmp/bundelwacht-text-XXXXXX", path[200], error[200] = "";
    struct buffer text = { 0 };
    cr_assert_not_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/book.yaml", directory);
    cr_expect(access(path, F_OK) != 0);
    cr_expect_not(text_file_read(path, 100, &text));
    cr_assert(text_file_write(path, BYTES("book: 1\n"), error, sizeof(error)), "%s", error);
    cr_expect(access(path, F_OK) == 0);
    cr_expect(text_file_read(path, 8, &text));
    cr_expect(bytes_equal(buffer_bytes(&text), BYTES("book: 1\n")));
    buffer_clear(&text);
    cr_expect_not(text_file_read(path, 7, &text));
    buffer_release(&text);
    unlink(path);
    rmdir(directory);
}

Test(text_file, says_why_it_cannot_be_written_and_leaves_nothing)
{
    char error[200] = "";
    cr_expect_not(text_file_write("/nowhere/at/all/book.yaml", BYTES("x"), error, sizeof(error)));
    cr_expect_not_null(strstr(error, "/nowhere/at/all/book.yaml"));
}
