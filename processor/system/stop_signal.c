#include "system/stop_signal.h"

#include "base/must.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static atomic_int signal_number, interrupts_count, watchdog_exit_code;
static _Atomic(const char *) watchdog_sentence;
static atomic_int wake_descriptor = -1;

/* Only what is safe inside a signal: atomics, write and _exit. */
static void wake(void)
{
    int errno_before = errno;
    uint64_t one = 1;
    int descriptor = atomic_load(&wake_descriptor);
    if (descriptor >= 0 && write(descriptor, &one, sizeof(one)) < 0) {
        /* the counter is full: it will be read soon enough */
    }
    errno = errno_before;
}

static void on_signal(int number)
{
    if (number == SIGINT && atomic_fetch_add(&interrupts_count, 1) > 0)
        _exit(130);
    int none = 0;
    atomic_compare_exchange_strong(&signal_number, &none, number);
    wake();
}

static void on_alarm(int number)
{
    (void)number;
    const char *sentence = atomic_load(&watchdog_sentence);
    if (sentence && write(STDERR_FILENO, sentence, strlen(sentence)) < 0) {
        /* nobody reads it any more */
    }
    _exit(atomic_load(&watchdog_exit_code));
}

static void handle(int number, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
    sigemptyset(&action.sa_mask);
    must(sigaction(number, &action, NULL) == 0);
}

void stop_signal_open(void)
{
    int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    must(descriptor >= 0);
    atomic_store(&wake_descriptor, descriptor);
    handle(SIGTERM, on_signal);
    handle(SIGINT, on_signal);
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, SIG_IGN);
}

void stop_signal_close(void)
{
    watchdog_set(0, 0, NULL);
    handle(SIGTERM, SIG_DFL);
    handle(SIGINT, SIG_DFL);
    close(atomic_exchange(&wake_descriptor, -1));
    atomic_store(&signal_number, 0);
    atomic_store(&interrupts_count, 0);
}

int stop_signal_wait(int wait_ms)
{
    struct pollfd wait = { .fd = atomic_load(&wake_descriptor), .events = POLLIN };
    uint64_t count;
    if (poll(&wait, 1, wait_ms) > 0 && read(wait.fd, &count, sizeof(count)) < 0) {
        /* somebody else read it: what it said is in the atomics */
    }
    return stop_signal_number();
}

int stop_signal_number(void)
{
    return atomic_load(&signal_number);
}

void stop_signal_wake(void)
{
    wake();
}

void watchdog_set(int seconds, int exit_code, const char *sentence)
{
    atomic_store(&watchdog_exit_code, exit_code);
    atomic_store(&watchdog_sentence, sentence);
    alarm((unsigned)seconds);
}
