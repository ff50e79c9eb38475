#include "ops/log.h"

#include "ops/counters.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char said[8192];

TestSuite(log, .timeout = 10);

/* What the function writes to stderr. */
static void listen_to(void (*talk)(void))
{
    int ends[2], before = dup(STDERR_FILENO);
    cr_assert_eq(pipe(ends), 0);
    dup2(ends[1], STDERR_FILENO);
    talk();
    dup2(before, STDERR_FILENO);
    close(ends[1]);
    ssize_t length = read(ends[0], said, sizeof(said) - 1);
    said[length > 0 ? length : 0] = 0;
    close(ends[0]);
    close(before);
}

static void say_odd_things(void)
{
    log_set_json(true);
    log_say(LOG_INFO, "a \"quote\", a \\ and a\nline");
}

Test(log, is_a_line_of_json_whatever_is_said)
{
    listen_to(say_odd_things);
    cr_expect_not_null(
        strstr(said, "\"level\":\"info\",\"message\":\"a \\\"quote\\\", a \\\\ and a\\u000aline\"}\n"), "%s",
        said);
    cr_expect_eq(strchr(said, '\n'), said + strlen(said) - 1);
}

static void say_it_often(void)
{
    log_set_json(false);
    for (int i = 0; i < 100; i++)
        log_say(LOG_WARNING, "the same");
    log_say(LOG_WARNING, "another");
}

Test(log, holds_repeats_back)
{
    listen_to(say_it_often);
    const char *first = strstr(said, "the same");
    cr_assert_not_null(first);
    cr_expect_null(strstr(first + 1, "the same"));
    cr_expect_not_null(strstr(said, "another"));
}

static void say_on_all_levels(void)
{
    log_set_level(LOG_WARNING);
    log_say(LOG_ERROR, "grave");
    log_say(LOG_INFO, "small");
}

Test(log, says_nothing_below_its_level)
{
    listen_to(say_on_all_levels);
    cr_expect_not_null(strstr(said, "grave"));
    cr_expect_null(strstr(said, "small"));
}

Test(counters, add_up_and_keep_the_highest)
{
    static struct counters counters;
    counter_add(&counters, COUNTER_records_taken, 2);
    counter_add(&counters, COUNTER_records_taken, 3);
    counter_raise(&counters, COUNTER_commit_us_max, 7);
    counter_raise(&counters, COUNTER_commit_us_max, 5);
    cr_expect_eq(counter_value(&counters, COUNTER_records_taken), 5);
    cr_expect_eq(counter_value(&counters, COUNTER_commit_us_max), 7);
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        cr_expect(counter_texts[i].name && counter_texts[i].help);
}
