#include "ops/log.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "system/clock.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES_MAX = 1024,
    LINE_BYTES_MAX = 2 * MESSAGE_BYTES_MAX + 256,
    RECENT_COUNT = 16,
    REPEAT_SECONDS = 10
};
enum { FORM_BY_STDERR = -1, FORM_TEXT, FORM_JSON };

static const char *const level_names[] = { "error", "warning", "info", "debug" };
static atomic_int level_max = LOG_INFO, form = FORM_BY_STDERR;

struct recent {
    uint64_t fingerprint;
    int64_t said_us, repeats_count;
};
static pthread_mutex_t recent_lock = PTHREAD_MUTEX_INITIALIZER;
static struct recent recent[RECENT_COUNT];

void log_set_level(enum log_level level)
{
    atomic_store(&level_max, (int)level);
}

void log_set_json(bool json)
{
    atomic_store(&form, json ? FORM_JSON : FORM_TEXT);
}

/* False: said a moment ago, count it. Else how often it was held back since. */
static bool may_be_said(const char *message, int64_t *ret_repeats_count)
{
    uint64_t fingerprint = hash64(message, strlen(message), 0);
    int64_t now = clock_us();
    struct recent *oldest = &recent[0];
    bool said = true;
    *ret_repeats_count = 0;
    pthread_mutex_lock(&recent_lock);
    for (size_t i = 0; i < RECENT_COUNT; i++) {
        struct recent *at = &recent[i];
        if (at->fingerprint == fingerprint && at->said_us != 0) {
            oldest = at;
            said = now - at->said_us > MICROSECONDS_OF_S(REPEAT_SECONDS);
            *ret_repeats_count = at->repeats_count;
            break;
        }
        if (at->said_us < oldest->said_us)
            oldest = at;
    }
    if (said)
        *oldest = (struct recent){ .fingerprint = fingerprint, .said_us = now };
    else
        oldest->repeats_count++;
    pthread_mutex_unlock(&recent_lock);
    return said;
}

static size_t json_escaped(char *to, size_t size, const char *text)
{
    size_t length = 0;
    for (; *text && length + 7 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            to[length++] = '\\';
            to[length++] = (char)c;
        } else if (c < 0x20)
            length += (size_t)snprintf(to + length, size - length, "\\u%04x", c);
        else
            to[length++] = (char)c;
    }
    to[length] = 0;
    return length;
}

static void say_line(enum log_level level, const char *message)
{
    char line[LINE_BYTES_MAX], at[40], escaped[2 * MESSAGE_BYTES_MAX];
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%S", &utc);
    int as = atomic_load(&form);
    if (as == FORM_BY_STDERR)
        as = isatty(STDERR_FILENO) ? FORM_TEXT : FORM_JSON;
    int length;
    if (as == FORM_JSON) {
        json_escaped(escaped, sizeof(escaped), message);
        length = snprintf(line, sizeof(line), "{\"at\":\"%s.%03dZ\",\"level\":\"%s\",\"message\":\"%s\"}\n",
                          at, (int)(now % 1000), level_names[level], escaped);
    } else
        length = snprintf(line, sizeof(line), "%s %-7s %s\n", at + 11, level_names[level], message);
    if (length > 0 &&
        write(STDERR_FILENO, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1) < 0) {
        /* nobody reads it: go on */
    }
}

void log_say(enum log_level level, const char *format, ...)
{
    char message[MESSAGE_BYTES_MAX];
    int64_t repeats_count;
    if ((int)level > atomic_load(&level_max))
        return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof(message) - 40, format, arguments);
    va_end(arguments);
    if (length < 0 || !may_be_said(message, &repeats_count))
        return;
    if (repeats_count > 0) {
        size_t at = strlen(message);
        snprintf(message + at, sizeof(message) - at, " (said %lld more times)", (long long)repeats_count);
    }
    say_line(level, message);
}
