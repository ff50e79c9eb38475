/* A state that is loaded beside its worker takes a while (restoring.h). Here it is there at once, and its
 * worker hears of it later: the linker puts these in the place of the calls from other files
 * (-Wl,--wrap=...). */
#include "sim.h"

#include "base/must.h"
#include "pipeline/restoring.h"
#include "system/clock.h"

enum { LOADING_MAX = 32, LOADING_US_MAX = 400000 };

static struct loading {
    const struct restoring *restoring;
    int64_t done_us;
} loading[LOADING_MAX];

struct restoring *__real_restoring_begin(struct shared *shared, int32_t partition,
                                         const struct position *position,
                                         const struct commit_metadata *metadata, bool beginning,
                                         const struct window *again);
bool __real_restoring_is_done(const struct restoring *restoring);
void __real_restoring_free(struct restoring *restoring);
struct restoring *__wrap_restoring_begin(struct shared *shared, int32_t partition,
                                         const struct position *position,
                                         const struct commit_metadata *metadata, bool beginning,
                                         const struct window *again);
bool __wrap_restoring_is_done(const struct restoring *restoring);
void __wrap_restoring_free(struct restoring *restoring);

static struct loading *find(const struct restoring *restoring)
{
    for (size_t i = 0; i < LOADING_MAX; i++)
        if (loading[i].restoring == restoring)
            return &loading[i];
    must(!"too many states are being loaded");
    return NULL;
}

struct restoring *__wrap_restoring_begin(struct shared *shared, int32_t partition,
                                         const struct position *position,
                                         const struct commit_metadata *metadata, bool beginning,
                                         const struct window *again)
{
    struct restoring *restoring =
        __real_restoring_begin(shared, partition, position, metadata, beginning, again);
    int64_t us = sim_draw(2) ? 0 : (int64_t)sim_draw(LOADING_US_MAX);
    *find(NULL) = (struct loading){ restoring, clock_us() + us };
    return restoring;
}

bool __wrap_restoring_is_done(const struct restoring *restoring)
{
    return clock_us() >= find(restoring)->done_us && __real_restoring_is_done(restoring);
}

void __wrap_restoring_free(struct restoring *restoring)
{
    if (restoring)
        find(restoring)->restoring = NULL;
    __real_restoring_free(restoring);
}
