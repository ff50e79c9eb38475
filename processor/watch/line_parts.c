#include "watch/line_parts.h"

#include "stream/consumer.h"

#include <inttypes.h>
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
    uint64_t size = cents < 0 ? 0 - (uint64_t)cents : (uint64_t)cents;
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, size / 100);
    if (cents < 0)
        fputc('-', to);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            fputc(',', to);
        fputc(digits[i], to);
    }
    fprintf(to, ".%02u euro", (unsigned)(size % 100));
}
