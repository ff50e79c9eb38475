#include "pipeline/crash_report.h"

#include "base/must.h"
#include "ops/log.h"

#include <stdio.h>
#include <unistd.h>

enum { EXIT_CODE_CRASH = 70 };

static _Thread_local struct {
    const char *topic; /* or the name of a file */
    int32_t partition;
    int64_t offset;
} position;

static void report(const char *file, int line, const char *what)
{
    log_say(LOG_ERROR, "bundelwacht has a bug: at %s:%d this does not hold: %s", file, line, what);
    if (position.topic)
        log_say(LOG_ERROR,
                "it happened at one record: to go on without it, add \"%s/%d/%lld\" to `quarantine:` in the "
                "settings, and report the bug",
                position.topic, (int)position.partition, (long long)position.offset);
    _exit(EXIT_CODE_CRASH);
}

static void report_of_files(const char *file, int line, const char *what)
{
    fprintf(stderr, "bundelwacht: own bug: \"%s\" does not hold (%s:%d)\n", what, file, line);
    if (position.topic)
        fprintf(stderr,
                "bundelwacht: it happened at record %lld of partition %d, which came from \"%s\": to go on, "
                "leave that record out, and "
                "report the bug\n",
                (long long)position.offset, (int)position.partition, position.topic);
    _exit(EXIT_CODE_CRASH);
}

void crash_report_watch_files(void)
{
    must_set_report(report_of_files);
}

void crash_report_watch(void)
{
    must_set_report(report);
}

void crash_report_at(const char *topic, int32_t partition, int64_t offset)
{
    position.topic = topic;
    position.partition = partition;
    position.offset = offset;
}
