/* worker_faults.c - workers on the simulated log, with a fault wherever a call could have one (README.md).
 *
 *     sim_worker_faults [--seeds N] [--from S] [--jobs J] [--no-shrink] [PARAMETER=VALUE ...]
 *
 * N worlds from seed S on, over J processes. The lowest seed that fails is said, with what the judge said and the smallest parameters
 * with which it still fails; then the exit code is 1. A parameter given here holds in every world (world.h has the list). */
#include "base/must.h"
#include "disk.h"
#include "judge.h"
#include "ops/log.h"
#include "sim.h"
#include "world.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 16, OVERRIDES_MAX = 32, WORLD_SECONDS_MAX = 60, PATH_BYTES = 120 };

/* Seen by all processes. */
struct job {
    uint64_t seed; /* at hand */
    bool failed;
    char text[SIM_FAILURE_BYTES];
    struct world_counts counts;
    int64_t changes_count, outputs_count;
};
struct common {
    _Atomic uint64_t failed_seed; /* the lowest; UINT64_MAX: none */
    struct job jobs[JOBS_MAX];
};
static struct common *common;

static struct {
    uint64_t from, seeds;
    int jobs;
    bool shrinks, talks;
    struct {
        char name[32];
        int value;
    } overrides[OVERRIDES_MAX];
    int overrides_count;
} wish = { .from = 1, .seeds = 100, .jobs = 2, .shrinks = true };

static char base[PATH_BYTES];

/* --- one process --- */

static void must_report(const char *file, int line, const char *what)
{
    snprintf(sim_failure_text, SIM_FAILURE_BYTES, "the program stopped itself: %s:%d: %s", file, line, what);
}

static struct world world_wanted(uint64_t seed)
{
    struct world world = world_draw(seed);
    for (int i = 0; i < wish.overrides_count; i++)
        *world_parameter(&world, wish.overrides[i].name) = wish.overrides[i].value;
    return world;
}

static void open_worlds(struct job *job, int number)
{
    char directory[PATH_BYTES + 8];
    snprintf(directory, sizeof(directory), "%s/%d", base, number);
    mkdir(directory, 0700);
    signal(SIGXFSZ, SIG_IGN);
    sim_failure_text = job->text;
    must_set_report(must_report);
    log_set_level(wish.talks ? LOG_DEBUG : LOG_ERROR);
    if (!worlds_open(SOURCE_DIR, directory))
        sim_fail("the books of the simulation are wrong");
}

static void live_one(const struct world *world, uint64_t seed)
{
    alarm(WORLD_SECONDS_MAX);
    world_live(world, seed);
    alarm(0);
}

static _Noreturn void job_main(int number)
{
    struct job *job = &common->jobs[number];
    open_worlds(job, number);
    for (uint64_t i = (uint64_t)number; i < wish.seeds; i += (uint64_t)wish.jobs) {
        job->seed = wish.from + i;
        if (job->seed > atomic_load(&common->failed_seed))
            break;
        struct world world = world_wanted(job->seed);
        live_one(&world, job->seed);
    }
    job->counts = *worlds_counts();
    job->changes_count = judge_changes_count();
    job->outputs_count = judge_outputs_count();
    if (number == 0) {
        sim_print_faults();
        disk_print_faults();
        fflush(stdout);
    }
    worlds_close();
    exit(0);
}

static void note_end(struct job *job, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    job->failed = true;
    if (job->text[0])
        return;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(job->text, sizeof(job->text), "it does not end");
    else
        snprintf(job->text, sizeof(job->text), "the process ended with %s %d", WIFSIGNALED(status) ? "signal" : "code",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static pid_t fork_job(void)
{
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    must(pid >= 0);
    return pid;
}

/* --- all of them --- */

static struct job *run_all(void)
{
    pid_t pids[JOBS_MAX];
    struct job *first = NULL;
    atomic_store(&common->failed_seed, UINT64_MAX);
    for (int i = 0; i < wish.jobs; i++)
        if ((pids[i] = fork_job()) == 0)
            job_main(i);
    for (int left = wish.jobs, status; left > 0; left--) {
        pid_t pid = wait(&status);
        for (int i = 0; i < wish.jobs; i++) {
            struct job *job = &common->jobs[i];
            if (pids[i] != pid)
                continue;
            note_end(job, status);
            if (job->failed && job->seed < atomic_load(&common->failed_seed)) {
                atomic_store(&common->failed_seed, job->seed);
                first = job;
            }
        }
    }
    return first;
}

static void print_counts(void)
{
    struct world_counts sum = { 0 };
    int64_t changes_count = 0, outputs_count = 0;
    for (int i = 0; i < wish.jobs; i++) {
        const int64_t *from = (const int64_t *)&common->jobs[i].counts;
        for (size_t at = 0; at < sizeof(sum) / sizeof(int64_t); at++)
            ((int64_t *)&sum)[at] += from[at];
        changes_count += common->jobs[i].changes_count;
        outputs_count += common->jobs[i].outputs_count;
    }
    printf("%llu worlds from seed %llu: %lld starts, %lld crashes, %lld freezes, %lld twins, %lld failures, %lld refusals and repairs, "
           "%lld changes of book, %lld outputs and %lld digests compared, %lld other logs\n",
           (unsigned long long)wish.seeds, (unsigned long long)wish.from, (long long)sum.starts, (long long)sum.crashes,
           (long long)sum.freezes, (long long)sum.twins, (long long)sum.failures, (long long)sum.refusals,
           (long long)changes_count, (long long)outputs_count,
           (long long)sum.digests, (long long)sum.other_logs);
}

/* --- shrinking --- */

static bool fails_with(const struct world *world, uint64_t seed, char text[SIM_FAILURE_BYTES])
{
    struct job *job = &common->jobs[0];
    int status;
    *job = (struct job){ .seed = seed };
    pid_t pid = fork_job();
    if (pid == 0) {
        open_worlds(job, 0);
        live_one(world, seed);
        exit(0);
    }
    must(waitpid(pid, &status, 0) == pid);
    note_end(job, status);
    if (job->failed)
        memcpy(text, job->text, SIM_FAILURE_BYTES);
    return job->failed;
}

/* The least value of one parameter with which it still fails, as far as halving finds it. */
static void shrink_one(struct world *world, uint64_t seed, int *value, int least, char text[SIM_FAILURE_BYTES])
{
    int low = least, high = *value;
    while (low < high) {
        int middle = low + (high - low) / 2;
        *value = middle;
        if (fails_with(world, seed, text))
            high = middle;
        else
            low = middle + 1;
    }
    *value = high;
}

static void shrink(uint64_t seed)
{
    char text[SIM_FAILURE_BYTES] = "";
    struct world world = world_wanted(seed);
    if (!fails_with(&world, seed, text)) {
        fprintf(stderr, "alone it does not fail: something is left over from the worlds before it\n");
        return;
    }
    for (int round = 0; round < 2; round++) {
#define AS_STEP(name, least, most, what) shrink_one(&world, seed, &world.name, least, text);
        PARAMETERS(AS_STEP)
#undef AS_STEP
    }
    fails_with(&world, seed, text);
    fprintf(stderr, "shrunk: %s\n  sim_worker_faults --from %llu --seeds 1 ", text, (unsigned long long)seed);
    world_print(&world, stderr);
}

/* --- the door --- */

static void make_base(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(base, sizeof(base), "/dev/shm/bundelwacht-sim-XXXXXX"); /* its files are synced, which a disk would make slow */
    if (mkdtemp(base))
        return;
    snprintf(base, sizeof(base), "%.80s/bundelwacht-sim-XXXXXX", tmp ? tmp : "/tmp");
    must(mkdtemp(base) != NULL);
}

static void remove_base(void)
{
    char path[PATH_BYTES + 16];
    for (int i = 0; i < JOBS_MAX; i++) {
        snprintf(path, sizeof(path), "%s/%d", base, i);
        if (access(path, F_OK) == 0)
            disk_remove(path);
    }
    rmdir(base);
}

static bool take_override(const char *word)
{
    const char *equals = strchr(word, '=');
    struct world world;
    if (!equals || equals - word >= 32 || wish.overrides_count == OVERRIDES_MAX)
        return false;
    snprintf(wish.overrides[wish.overrides_count].name, 32, "%.*s", (int)(equals - word), word);
    wish.overrides[wish.overrides_count].value = (int)strtol(equals + 1, NULL, 10);
    return world_parameter(&world, wish.overrides[wish.overrides_count++].name) != NULL;
}

static bool take_words(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--no-shrink") == 0)
            wish.shrinks = false;
        else if (strcmp(argv[i], "--talk") == 0)
            wish.talks = true;
        else if (strcmp(argv[i], "--seeds") == 0 && has_value)
            wish.seeds = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--from") == 0 && has_value)
            wish.from = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--jobs") == 0 && has_value)
            wish.jobs = (int)strtol(argv[++i], NULL, 10);
        else if (!take_override(argv[i]))
            return false;
    }
    return wish.jobs >= 1 && wish.jobs <= JOBS_MAX && wish.seeds >= 1;
}

int main(int argc, char **argv)
{
    if (!take_words(argc, argv)) {
        fprintf(stderr, "usage: sim_worker_faults [--seeds N] [--from S] [--jobs J] [--no-shrink] [--talk] [PARAMETER=VALUE ...]\n");
        return 64;
    }
    common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(common != MAP_FAILED);
    make_base();
    const struct job *failed = run_all();
    if (failed) {
        uint64_t seed = failed->seed;
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, failed->text);
        if (wish.shrinks)
            shrink(seed);
    } else {
        print_counts();
    }
    remove_base();
    return failed ? 1 : 0;
}
