#include "pipeline/worker_call.h"

#include "system/clock.h"

enum { CALL_SECONDS_MAX = 2, POKE_WAIT_MS = 1000, ASK_EXTRA_MS = 11000 };

void worker_begin_call(struct worker *worker, struct producer *producer)
{
    pthread_mutex_lock(&worker->call_lock);
    worker->calling = producer;
    worker->call_since_us = clock_us();
    pthread_mutex_unlock(&worker->call_lock);
}

void worker_end_call(struct worker *worker)
{
    pthread_mutex_lock(&worker->call_lock);
    worker->calling = NULL;
    pthread_mutex_unlock(&worker->call_lock);
}

/* librdkafka up to 2.16 forgets the time limit of a request to a group coordinator that is away, and looks
 * for it again only when some broker of the handle changes its state (its issue 5456): such a call has been
 * seen to hang for good. */
void worker_watch_call(struct worker *worker)
{
    pthread_mutex_lock(&worker->call_lock);
    if (worker->calling && clock_us() - worker->call_since_us > MICROSECONDS_OF_S(CALL_SECONDS_MAX))
        producer_poke(worker->calling, worker->shared->options->group, POKE_WAIT_MS);
    pthread_mutex_unlock(&worker->call_lock);
}

bool worker_asks_too_long(const struct worker *worker)
{
    int64_t limit_ms = 2 * producer_transaction_timeout_ms(worker->producer) + ASK_EXTRA_MS;
    return clock_us() - worker->assignment.asked_us > MICROSECONDS_OF_MS(limit_ms);
}
