/* broker_check.h - for the small programs of this folder that stand before a real broker: a check that says
 * where it failed and what the last failure was, and topics that are there when they have been made. */
#ifndef BUNDELWACHT_TESTS_BROKER_CHECK_H
#define BUNDELWACHT_TESTS_BROKER_CHECK_H

#include "stream/topics.h"
#include "system/clock.h"

#include <stdio.h>
#include <stdlib.h>

static struct property properties[1] = { { PROPERTY_BOTH, "bootstrap.servers", NULL } };
static struct property_list list = { properties, 1 };
static int checks;
static struct failure failure;

#define check(condition) \
    do { \
        checks++; \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #condition, failure.text); \
            exit(1); \
        } \
    } while (0)

static void make_topic(struct admin *admin, const struct topic_plan *plan)
{
    int32_t count = 0;
    check(admin_create(admin, plan, &failure));
    for (int64_t until_us = clock_us() + MICROSECONDS_OF_S(30); count == 0 && clock_us() < until_us;)
        check(admin_partitions(admin, plan->name, &count, &failure));
    check(count == plan->partitions_count);
}

#endif
