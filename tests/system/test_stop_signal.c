#include "system/stop_signal.h"

#include <criterion/criterion.h>
#include <signal.h>

TestSuite(stop_signal, .timeout = 10);

Test(stop_signal, is_a_wish_that_wakes_the_waiting)
{
    stop_signal_open();
    cr_expect_eq(stop_signal_wait(0), 0);
    cr_assert_eq(raise(SIGTERM), 0);
    cr_expect_eq(stop_signal_wait(10000), SIGTERM);
    cr_assert_eq(raise(SIGINT), 0);
    cr_expect_eq(stop_signal_number(), SIGTERM); /* the first one counts */
    stop_signal_close();
    cr_expect_eq(stop_signal_number(), 0);
}

Test(stop_signal, can_be_woken_without_a_signal)
{
    stop_signal_open();
    stop_signal_wake();
    cr_expect_eq(stop_signal_wait(10000), 0);
    stop_signal_close();
}

Test(stop_signal, leaves_at_once_at_the_second_interrupt, .exit_code = 130)
{
    stop_signal_open();
    raise(SIGINT);
    raise(SIGINT);
}

Test(stop_signal, watchdog_leaves_with_its_code, .exit_code = 75)
{
    stop_signal_open();
    watchdog_set(1, 75, "");
    for (;;)
        stop_signal_wait(1000);
}
