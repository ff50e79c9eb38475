#include "pipeline/figures_page.h"

#include "base/memory.h"
#include "ops/exposition.h"
#include "ops/http_server.h"
#include "ops/log.h"
#include "pipeline/figures_metrics.h"
#include "system/clock.h"

#include <stdio.h>

enum { LISTEN_AGAIN_SECONDS = 10, TURN_SECONDS_MAX = 60, COMMIT_SECONDS_MAX = 60 };

struct figures_page {
    struct figures_sources sources;
    const char *address;
    struct http_server *server;
    int64_t tried_us;
    bool said;
};

/* --- health --- */

static void say(struct http_answer *answer, int status, const char *text)
{
    answer->status = status;
    buffer_add(&answer->body, text, strlen(text));
    buffer_add_byte(&answer->body, '\n');
}

/* One that waits for its first connection has not begun to turn, and lives. */
static bool turns(const struct worker *worker)
{
    int64_t turned_us = atomic_load_explicit(&worker->figures.turned_us, memory_order_relaxed);
    return turned_us == 0 || clock_us() - turned_us < MICROSECONDS_OF_S(TURN_SECONDS_MAX);
}

static void answer_livez(const struct figures_sources *sources, struct http_answer *answer)
{
    for (int32_t i = 0; i < sources->workers_count; i++)
        if (!turns(sources->workers[i])) {
            say(answer, 503, "a worker has not turned for a minute");
            return;
        }
    say(answer, 200, "ok");
}

/* Why it is not ready; NULL: it is. */
static const char *why_not_ready(const struct figures_health *health)
{
    if (health->workers_reading < health->workers)
        return "a worker has not got its partitions yet, or takes them over";
    if (health->waiting > 0)
        return "a partition waits for a transaction that is not ours to end";
    if (health->restoring > 0)
        return "a partition is being restored";
    if (health->uncommitted_us > MICROSECONDS_OF_S(COMMIT_SECONDS_MAX))
        return "what was folded has not been committed for a minute";
    return NULL;
}

static void answer_readyz(struct figures_sources *sources, struct http_answer *answer)
{
    struct figures_health health = figures_health(sources);
    const char *why = why_not_ready(&health);
    say(answer, why ? 503 : 200, why ? why : "ok");
}

static void answer_healthz(struct figures_sources *sources, struct http_answer *answer)
{
    struct figures_health health = figures_health(sources);
    const char *why = why_not_ready(&health);
    char text[512];
    snprintf(text, sizeof(text),
             "{\"ready\":%s,\"why\":%s%s%s,\"workers\":%d,\"workers_reading\":%d,\"partitions\":%d,"
             "\"restoring\":%d,\"waiting\":%d,\"lag_records\":%lld,\"lag_seconds\":%lld}",
             why ? "false" : "true", why ? "\"" : "", why ? why : "null", why ? "\"" : "",
             (int)health.workers, (int)health.workers_reading, (int)health.partitions, (int)health.restoring,
             (int)health.waiting, (long long)health.lag_records, (long long)(health.lag_ms / 1000));
    answer->content_type = "application/json";
    say(answer, 200, text);
}

/* --- what is asked --- */

static void answer_metrics(struct figures_sources *sources, const char *accept, struct http_answer *answer)
{
    struct exposition exposition = { .form = exposition_form_for(accept) };
    figures_write_metrics(sources, &exposition);
    exposition_end(&exposition);
    answer->content_type = exposition_content_type(exposition.form);
    answer->body = exposition.text;
}

static void answer(void *context, const char *path, const char *accept, struct http_answer *ret_answer)
{
    struct figures_sources *sources = context;
    if (strcmp(path, "/metrics") == 0)
        answer_metrics(sources, accept, ret_answer);
    else if (strcmp(path, "/livez") == 0)
        answer_livez(sources, ret_answer);
    else if (strcmp(path, "/readyz") == 0)
        answer_readyz(sources, ret_answer);
    else if (strcmp(path, "/healthz") == 0)
        answer_healthz(sources, ret_answer);
    else
        say(ret_answer, 404, "here are /metrics, /livez, /readyz and /healthz");
}

/* --- life --- */

static void listen_now(struct figures_page *page)
{
    char error[256];
    page->tried_us = clock_us();
    page->server = http_server_open(page->address, answer, &page->sources, error, sizeof(error));
    if (page->server)
        log_say(LOG_INFO, "figures and health: http://%s/metrics, /livez, /readyz, /healthz", page->address);
    else if (!page->said)
        log_say(LOG_WARNING,
                "no figures and no health: %s; each process of a machine needs an ops.listen of its own (or "
                "none); it is tried again every %d s",
                error, LISTEN_AGAIN_SECONDS);
    page->said = true;
}

struct figures_page *figures_page_new(struct worker *const *workers, int32_t workers_count)
{
    const char *address = workers[0]->shared->options->listen;
    if (!address)
        return NULL;
    struct figures_page *page = memory_alloc_zeroed(1, sizeof(*page));
    page->sources = (struct figures_sources){ .workers = workers, .workers_count = workers_count };
    page->address = address;
    listen_now(page);
    return page;
}

void figures_page_look(struct figures_page *page)
{
    if (page && !page->server && clock_us() - page->tried_us > MICROSECONDS_OF_S(LISTEN_AGAIN_SECONDS))
        listen_now(page);
}

void figures_page_free(struct figures_page *page)
{
    if (!page)
        return;
    http_server_close(page->server);
    memory_free(page);
}
