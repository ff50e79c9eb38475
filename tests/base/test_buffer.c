#include "base/buffer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(buffer, .timeout = 10);

Test(buffer, keeps_every_byte_while_it_grows)
{
    struct buffer buffer = { 0 };
    for (int i = 0; i < 100000; i++)
        buffer_add_byte(&buffer, (unsigned char)(i & 255));
    buffer_add_bytes(&buffer, BYTES("tail"));
    cr_assert(eq(sz, buffer.length, 100004));
    for (int i = 0; i < 100000; i++)
        cr_assert(eq(int, (unsigned char)buffer.data[i], i & 255));
    cr_expect(eq(int, memcmp(buffer.data + 100000, "tail", 4), 0));
    buffer_release(&buffer);
}

Test(buffer, reserves_room_that_the_caller_fills)
{
    struct buffer buffer = { 0 };
    for (size_t more = 1; more < 10000; more = more * 3 + 1) {
        memset(buffer_reserve(&buffer, more), 'r', more);
        buffer.length += more;
    }
    for (size_t i = 0; i < buffer.length; i++)
        cr_assert(eq(int, buffer.data[i], 'r'));
    buffer_release(&buffer);
}

Test(buffer, keeps_its_memory_when_cleared)
{
    struct buffer buffer = { 0 };
    buffer_add(&buffer, "abc", 3);
    char *data = buffer.data;
    buffer_clear(&buffer);
    cr_expect(eq(sz, buffer_bytes(&buffer).length, 0));
    buffer_add(&buffer, "de", 2);
    cr_expect(eq(ptr, buffer.data, data));
    cr_expect(bytes_equal(buffer_bytes(&buffer), BYTES("de")));
    buffer_release(&buffer);
}

Test(buffer, that_is_empty_is_empty_bytes_and_not_null)
{
    struct buffer buffer = { 0 };
    buffer_add(&buffer, NULL, 0);
    cr_expect(not(bytes_is_null(buffer_bytes(&buffer))));
    cr_expect(eq(sz, buffer_bytes(&buffer).length, 0));
    buffer_release(&buffer);
}
