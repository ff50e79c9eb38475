/* The log without a clock: looking at it would move the world's, and a world that talks would be another
 * one. */
#include "ops/log.h"

#include <stdarg.h>
#include <stdio.h>

static enum log_level level = LOG_ERROR;

void log_set_level(enum log_level to)
{
    level = to;
}

void log_say(enum log_level of, const char *format, ...)
{
    if (of > level)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
