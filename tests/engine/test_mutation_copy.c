/* A copy of the table of ids shows it as it was when the copy began, whatever is written meanwhile
 * (identity.h). The snapshots of tests/pipeline show the same of the whole state; changes made by
 * tests/mutation showed that nothing here did. */
#include "engine/identity.h"

#include <criterion/criterion.h>

TestSuite(copy, .timeout = 60);

enum { IDS = 5000, IN_ONE_SHARD = 4500, NEW = 9000 }; /* more in one shard than a piece of a copy holds */

static struct hash128 id_of(size_t i)
{
    return (struct hash128){ .low = i * 7919, .high = i < IN_ONE_SHARD ? i * IDENTITY_SHARDS : i };
}

struct seen {
    unsigned times[IDS];
    size_t of_nobody;
};

static void see(void *context, const struct identity *entries, size_t count)
{
    struct seen *seen = context;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].is == IDENTITY_FREE)
            continue;
        if (entries[i].content < IDS)
            seen->times[entries[i].content]++;
        else
            seen->of_nobody++;
    }
}

static void fill(struct identities *identities)
{
    identities_init(identities);
    for (size_t i = 0; i < IDS; i++)
        identity_add(identities, id_of(i))->content = i;
}

/* To the end, which comes. */
static void step(struct identities *identities)
{
    size_t steps = 0;
    while (identities_copy_step(identities) && steps < 1000)
        steps++;
    cr_expect_lt(steps, 1000);
    cr_expect(!identities_copy_step(identities));
    cr_expect_eq(identities->copy_shard, IDENTITY_SHARDS, "it looks behind the last shard");
}

static void expect_all_once(const struct seen *seen)
{
    size_t wrong = 0;
    for (size_t i = 0; i < IDS; i++)
        wrong += seen->times[i] != 1;
    cr_expect_eq(wrong, 0, "%zu ids were not copied once", wrong);
    cr_expect_eq(seen->of_nobody, 0, "%zu entries are from after the beginning", seen->of_nobody);
}

Test(copy, has_every_id_once)
{
    struct identities identities;
    static struct seen first, second;
    fill(&identities);
    identities_copy_begin(&identities, see, &first);
    step(&identities);
    expect_all_once(&first);
    identities_copy_begin(&identities, see, &second);
    step(&identities);
    expect_all_once(&second);
    identities_release(&identities);
}

Test(copy, shows_what_was_there_before_it_was_written_to)
{
    struct identities identities;
    static struct seen seen;
    fill(&identities);
    identities_copy_begin(&identities, see, &seen);
    for (size_t i = 0; i < IDS; i += 3) {
        struct identity *entry = identity_find(&identities, id_of(i));
        identity_touch(&identities, entry);
        entry->content = NEW;
        if (i % 100 == 0)
            identities_copy_step(&identities);
    }
    step(&identities);
    expect_all_once(&seen);
    identities_release(&identities);
}

Test(copy, shows_nothing_that_came_and_all_that_went)
{
    struct identities identities;
    static struct seen seen;
    fill(&identities);
    identities_copy_begin(&identities, see, &seen);
    for (size_t i = 0; i < IDS; i++) {
        if (i % 4 == 0)
            identity_remove(&identities, identity_find(&identities, id_of(i)));
        identity_add(&identities, id_of(IDS + i))->content = NEW; /* until the shards grow */
        if (i % 200 == 0)
            identities_copy_step(&identities);
    }
    step(&identities);
    expect_all_once(&seen);
    identities_release(&identities);
}

Test(copy, that_is_cancelled_asks_for_nothing_any_more)
{
    struct identities identities;
    static struct seen seen;
    fill(&identities);
    identities_copy_begin(&identities, see, &seen);
    identities_copy_cancel(&identities);
    identity_touch(&identities, identity_find(&identities, id_of(0)));
    cr_expect(!identities_copy_step(&identities));
    cr_expect_eq(seen.times[0], 0);
    identities_release(&identities);
}
