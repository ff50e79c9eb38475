/* All persons of a partition, and the due queue (§9). */
#include "engine/persons.h"

#include "engine/calendar.h"

#include <criterion/criterion.h>
#include <stdio.h>

TestSuite(persons, .timeout = 30);

static struct bytes name_of(size_t i, char text[8])
{
    return (struct bytes){ text, (size_t)snprintf(text, 8, "p%zu", i) };
}

static void schedule(struct persons *persons, struct person *person, int32_t day)
{
    int32_t before = person->due;
    person->due = day;
    persons_schedule(persons, person, before);
}

Test(persons, are_found_until_they_are_removed)
{
    struct persons persons;
    struct pool pool;
    char text[8];
    persons_init(&persons);
    pool_init(&pool);
    cr_expect_null(persons_find(&persons, BYTES("p0")));
    for (size_t i = 0; i < 500; i++)
        cr_expect_eq(persons_add(&persons, &pool, name_of(i, text)),
                     persons_find(&persons, name_of(i, text)));
    for (size_t i = 0; i < 500; i += 3)
        persons_remove(&persons, persons_find(&persons, name_of(i, text)));
    for (size_t i = 0; i < 500; i++) {
        const struct person *person = persons_find(&persons, name_of(i, text));
        cr_expect_eq(person == NULL, i % 3 == 0, "p%zu", i);
        cr_expect(!person || bytes_equal(person->insured, name_of(i, text)));
    }
    cr_expect_eq(persons.count, 333);
    persons_release(&persons);
    pool_release(&pool);
}

Test(persons, who_are_due_come_once_in_the_order_of_their_pseudonyms)
{
    struct persons persons;
    struct pool pool;
    struct arena arena;
    char text[8];
    size_t count;
    persons_init(&persons);
    pool_init(&pool);
    arena_init(&arena, 0);
    for (size_t i = 0; i < 100; i++)
        schedule(&persons, persons_add(&persons, &pool, name_of(i, text)), (int32_t)(i * 37 % 100));
    schedule(&persons, persons_find(&persons, BYTES("p0")), 60);       /* was due on 0: that entry is stale */
    schedule(&persons, persons_find(&persons, BYTES("p0")), 0);        /* and again: two entries of one day */
    schedule(&persons, persons_find(&persons, BYTES("p27")), DAY_NONE); /* 27 x 37 = 999: was due on 99 */
    struct person **due = persons_pop_due(&persons, 49, &arena, &count);
    cr_assert_eq(count, 50);
    for (size_t i = 1; i < count; i++)
        cr_expect(bytes_compare(due[i - 1]->insured, due[i]->insured) < 0);
    persons_pop_due(&persons, 49, &arena, &count);
    cr_expect_eq(count, 0);
    persons_pop_due(&persons, 99, &arena, &count);
    cr_expect_eq(count, 49);
    persons_release(&persons);
    pool_release(&pool);
    arena_release(&arena);
}
