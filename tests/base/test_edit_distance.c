#include "base/edit_distance.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

TestSuite(edit_distance, .timeout = 10);

Test(edit_distance, counts_letters_and_takes_a_swap_of_neighbours_for_one)
{
    static const struct {
        const char *a, *b;
        unsigned distance;
    } rows[] = {
        { "", "", 0 },           { "items", "items", 0 }, { "itmes", "items", 1 },    { "item", "items", 1 },
        { "iitems", "items", 1 }, { "jtems", "items", 1 }, { "kitten", "sitting", 3 }, { "", "abc", 3 },
    };
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct bytes a = bytes_of(rows[row].a), b = bytes_of(rows[row].b);
        cr_expect(edit_distance(a, b, 4) == rows[row].distance, "%s %s", rows[row].a, rows[row].b);
        cr_expect(edit_distance(b, a, 4) == rows[row].distance, "%s %s", rows[row].b, rows[row].a);
    }
}

Test(edit_distance, is_no_smaller_than_its_bound_when_it_is_not_below_it)
{
    for (unsigned bound = 1; bound <= 3; bound++)
        cr_expect(edit_distance(BYTES("kitten"), BYTES("sitting"), bound) >= bound, "%u", bound);
}
