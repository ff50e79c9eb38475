#include "base/must.h"
#include "base/result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(must, .timeout = 10);

Test(must, does_nothing_when_the_promise_holds)
{
    int times = 0;
    must(++times == 1);
    cr_expect(eq(int, times, 1));
}

Test(must, aborts_without_a_report, .signal = SIGABRT)
{
    must(1 > 2);
}

static void check_report(const char *file, int line, const char *what)
{
    if (strstr(file, "test_must.c") && line > 0 && strcmp(what, "1 > 2") == 0)
        /* the test asks for this exit code, so it fails when the report was not called, or otherwise */
        _exit(7);
}

Test(must, reports_the_place_and_the_condition, .exit_code = 7)
{
    must_set_report(check_report);
    must(1 > 2);
}

static struct result pass_on(struct result step, int *reached)
{
    TRY(step);
    ++*reached;
    return done();
}

Test(must, lets_only_done_pass_through_try)
{
    int reached = 0;
    cr_expect(eq(int, pass_on(done(), &reached).verdict, DONE));
    cr_expect(eq(int, reached, 1));
    static const enum verdict others[] = { DEAD_LETTER, RETRY, STOP };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct result result = pass_on((struct result){ others[i], "reason" }, &reached);
        cr_expect(eq(int, result.verdict, others[i]));
        cr_expect(zero(int, strcmp(result.reason, "reason")));
    }
    cr_expect(eq(int, reached, 1));
}
