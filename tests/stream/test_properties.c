#include "stream/consumer.h"
#include "stream/topics.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(properties, .timeout = 30);

static void expect_refused(struct property property, const char *part)
{
    struct property items[] = { { PROPERTY_BOTH, "bootstrap.servers", "127.0.0.1:1" }, property };
    struct failure failure = { .remedy = REMEDY_NONE };
    struct admin *admin = admin_open((struct property_list){ items, 2 }, &failure);
    cr_expect_null(admin, "%s", property.name);
    cr_expect_eq(failure.cause, CAUSE_CONFIG);
    cr_expect_eq(failure.remedy, REMEDY_STOP);
    cr_expect_not_null(strstr(failure.text, part), "%s", failure.text);
    cr_expect_null(strstr(failure.text, property.value), "the value may be a password: %s", failure.text);
}

Test(properties, exactly_once_hangs_on_cannot_be_set_from_outside)
{
    static const char *const names[] = { "enable.auto.commit",  "isolation.level",
                                         "auto.offset.reset",   "group.id",
                                         "transactional.id",    "group.instance.id",
                                         "enable.idempotence",  "partition.assignment.strategy",
                                         "enable.partition.eof" };
    for (size_t i = 0; i < COUNT(names); i++)
        expect_refused((struct property){ PROPERTY_BOTH, names[i], "some-value" }, names[i]);
}

Test(properties, that_do_not_exist_or_take_no_such_value_are_refused_by_name)
{
    expect_refused((struct property){ PROPERTY_BOTH, "no.such.property", "some-value" }, "no.such.property");
    expect_refused((struct property){ PROPERTY_BOTH, "session.timeout.ms", "some-value" },
                   "session.timeout.ms");
}

Test(properties, of_the_producer_are_not_looked_at_for_a_consumer)
{
    struct property items[] = { { PROPERTY_BOTH, "bootstrap.servers", "127.0.0.1:1" },
                                { PROPERTY_PRODUCER, "no.such.property", "x" } };
    struct failure failure;
    struct admin *admin = admin_open((struct property_list){ items, 2 }, &failure);
    cr_assert_not_null(admin, "%s", failure.text);
    admin_close(admin);
}
