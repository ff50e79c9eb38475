#include "watch/line_parts.h"

#include "base/digits.h"
#include "stream/consumer.h"

#include <time.h>

void print_time(FILE *to, int64_t at_ms)
{
    char text[32] = "-------------------";
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm when;
    if (at_ms != TIMESTAMP_NONE && localtime_r(&seconds, &when))
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &when);
    fprintf(to, "%s  ", text);
}

void print_severity(FILE *to, enum severity severity, bool colour)
{
    static const char *const colours[] = { [SEVERITY_INFO] = "\033[36m",
                                           [SEVERITY_WARNING] = "\033[33m",
                                           [SEVERITY_CRITICAL] = "\033[1;31m" };
    fprintf(to, "%s%-8.*s%s  ", colour ? colours[severity] : "", BYTES_ARGS(severity_names[severity]),
            colour ? "\033[0m" : "");
}

/* 1,234.50 euro */
void print_euros(FILE *to, int64_t cents)
{
    char digits[DIGITS_BYTES];
    fprintf(to, "%s%.*s.%02u euro", cents < 0 ? "-" : "",
            BYTES_ARGS(digits_of(magnitude(cents) / 100, ',', digits)), (unsigned)(magnitude(cents) % 100));
}
