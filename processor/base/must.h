/* must.h - stops the program when our own promise is broken; never for other people's data.
 * Errors:  must() does not return when it fails: it reports file, line and the condition, and aborts.
 *          Nothing is lost by that: what was not committed is folded again (processor/README.md).
 * Threads: any. */
#ifndef BUNDELWACHT_BASE_MUST_H
#define BUNDELWACHT_BASE_MUST_H

/* Set once at start by main.c, so that base needs no I/O; called with a sentence before the abort. */
typedef void must_report_fn(const char *file, int line, const char *what);
void must_set_report(must_report_fn *report);

_Noreturn void must_fail(const char *file, int line, const char *what);

#define must(condition) ((condition) ? (void)0 : must_fail(__FILE__, __LINE__, #condition))

#endif
