#include "base/must.h"

#include <stdatomic.h>
#include <stdlib.h>

static _Atomic(must_report_fn *) report_to;

void must_set_report(must_report_fn *report)
{
    atomic_store(&report_to, report);
}

_Noreturn void must_fail(const char *file, int line, const char *what)
{
    must_report_fn *report = atomic_load(&report_to);
    if (report)
        report(file, line, what);
    abort();
}
