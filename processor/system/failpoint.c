#include "system/failpoint.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SOON_US = 6000 };

/* What a variable asks for: `name:n`. Without the variable `name` is NULL and nothing is ever wanted. */
struct wish {
    const char *name;
    size_t length;
    long every;
    atomic_long left;
};
static struct wish wanted_death, wanted_stop;

static void wish_read(struct wish *wish, const char *variable)
{
    const char *text = getenv(variable);
    const char *colon = text ? strchr(text, ':') : NULL;
    if (!text || !*text)
        return;
    wish->name = text;
    wish->length = colon ? (size_t)(colon - text) : strlen(text);
    wish->every = colon ? strtol(colon + 1, NULL, 10) : 1;
    atomic_store(&wish->left, wish->every);
}

void failpoints_open(void)
{
    wish_read(&wanted_death, "BUNDELWACHT_FAILPOINT_KILL");
    wish_read(&wanted_stop, "BUNDELWACHT_FAILPOINT_STOP");
}

static bool is_the_one(struct wish *wish, const char *name)
{
    return wish->name && strlen(name) == wish->length && memcmp(name, wish->name, wish->length) == 0 &&
           atomic_fetch_sub(&wish->left, 1) == 1;
}

void failpoint(const char *name)
{
    if (is_the_one(&wanted_stop, name)) {
        atomic_store(&wanted_stop.left, wanted_stop.every);
        raise(SIGSTOP);
    }
    if (is_the_one(&wanted_death, name))
        raise(SIGKILL);
}

void failpoint_soon_after(const char *name)
{
    struct sigevent kill = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
    struct timespec now;
    timer_t timer;
    if (!is_the_one(&wanted_death, name))
        return;
    clock_gettime(CLOCK_REALTIME, &now);
    struct itimerspec soon = { .it_value.tv_nsec = 1 + now.tv_nsec / 1000 % SOON_US * 1000 };
    if (timer_create(CLOCK_MONOTONIC, &kill, &timer) != 0 || timer_settime(timer, 0, &soon, NULL) != 0)
        raise(SIGKILL);
}
