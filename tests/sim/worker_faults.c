/* worker_faults.c - workers on the simulated log, with a fault wherever a call could have one (README.md).
 *
 *     sim_worker_faults [--seeds N] [--from S] [--jobs J] [--cpu-seconds C] [--least M] [--no-shrink]
 *     [PARAMETER=VALUE ...]
 *
 * N worlds from seed S on, over J processes, or fewer when these have used up C seconds of processor time
 * before; fewer than M are too few. Time is the processor's everywhere here: a machine that is busy with
 * other things makes it slower and changes nothing else. The lowest seed that fails is said, with what the
 * judge said and the smallest parameters with which it still fails; then, and when there were too few, the
 * exit code is 1. A parameter given here holds in every world (world.h has the list). */
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
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS_MAX = 16, OVERRIDES_MAX = 32, WORLD_SECONDS_MAX = 60, PATH_BYTES = 120, PROGRESS_SEEDS = 5000 };

/* Seen by all processes. */
struct job {
    uint64_t seed; /* at hand */
    bool failed;
    char text[SIM_FAILURE_BYTES];
    double cpu_seconds;
    struct world_counts counts;
    int64_t changes_count, outputs_count;
};
struct common {
    _Atomic uint64_t failed_seed; /* the lowest; UINT64_MAX: none */
    _Atomic uint64_t begun, lived; /* worlds */
    struct job jobs[JOBS_MAX];
};
static struct common *common;

static struct {
    uint64_t from, seeds, least;
    int64_t cpu_seconds; /* of all jobs together; 0: no limit */
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
    const struct itimerval limit = { .it_value.tv_sec = WORLD_SECONDS_MAX }, none = { .it_value.tv_sec = 0 };
    setitimer(ITIMER_PROF, &limit, NULL);
    world_live(world, seed);
    setitimer(ITIMER_PROF, &none, NULL);
}

static double cpu_seconds(void)
{
    struct timespec now;
    must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool has_time(void)
{
    return wish.cpu_seconds == 0 || cpu_seconds() < (double)wish.cpu_seconds / wish.jobs;
}

static void say_progress(uint64_t lived)
{
    double seconds = 0;
    for (int i = 0; i < wish.jobs; i++)
        seconds += common->jobs[i].cpu_seconds;
    printf("%llu of %llu worlds, %.0f s of processor time\n", (unsigned long long)lived,
           (unsigned long long)wish.seeds, seconds);
    fflush(stdout);
}

static void note_counts(struct job *job, int number)
{
    job->counts = *worlds_counts();
    job->changes_count = judge_changes_count();
    job->outputs_count = judge_outputs_count();
    if (number != 0)
        return;
    sim_print_faults();
    disk_print_faults();
    fflush(stdout);
}

static _Noreturn void job_main(int number)
{
    struct job *job = &common->jobs[number];
    open_worlds(job, number);
    for (uint64_t i; has_time() && (i = atomic_fetch_add(&common->begun, 1)) < wish.seeds;) {
        job->seed = wish.from + i;
        if (job->seed > atomic_load(&common->failed_seed))
            break;
        struct world world = world_wanted(job->seed);
        live_one(&world, job->seed);
        job->cpu_seconds = cpu_seconds();
        uint64_t lived = atomic_fetch_add(&common->lived, 1) + 1;
        if (lived % PROGRESS_SEEDS == 0)
            say_progress(lived);
    }
    note_counts(job, number);
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
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        snprintf(job->text, sizeof(job->text), "it does not end");
    else
        snprintf(job->text, sizeof(job->text), "the process ended with %s %d",
                 WIFSIGNALED(status) ? "signal" : "code",
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
    atomic_store(&common->begun, 0);
    atomic_store(&common->lived, 0);
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
    double seconds = 0;
    for (int i = 0; i < wish.jobs; i++) {
        const int64_t *from = (const int64_t *)&common->jobs[i].counts;
        for (size_t at = 0; at < sizeof(sum) / sizeof(int64_t); at++)
            ((int64_t *)&sum)[at] += from[at];
        changes_count += common->jobs[i].changes_count;
        outputs_count += common->jobs[i].outputs_count;
        seconds += common->jobs[i].cpu_seconds;
    }
    printf("%llu worlds from seed %llu in %.0f s of processor time: %lld starts, %lld crashes, %lld freezes, "
           "%lld zombies, %lld failures, %lld refusals and repairs, "
           "%lld changes of book, %lld outputs and %lld digests compared, %lld other logs\n",
           (unsigned long long)common->lived, (unsigned long long)wish.from, seconds, (long long)sum.starts,
           (long long)sum.crashes, (long long)sum.freezes, (long long)sum.zombies, (long long)sum.failures,
           (long long)sum.refusals, (long long)changes_count, (long long)outputs_count,
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
static void shrink_one(struct world *world, uint64_t seed, int *value, int least,
                       char text[SIM_FAILURE_BYTES])
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
    /* its files are synced, which a disk would make slow */
    snprintf(base, sizeof(base), "/dev/shm/bundelwacht-sim-XXXXXX");
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
        else if (strcmp(argv[i], "--least") == 0 && has_value)
            wish.least = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--cpu-seconds") == 0 && has_value)
            wish.cpu_seconds = strtoll(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--jobs") == 0 && has_value)
            wish.jobs = (int)strtol(argv[++i], NULL, 10);
        else if (!take_override(argv[i]))
            return false;
    }
    return wish.jobs >= 1 && wish.jobs <= JOBS_MAX && wish.seeds >= 1 && wish.cpu_seconds >= 0;
}

int main(int argc, char **argv)
{
    if (!take_words(argc, argv)) {
        fprintf(stderr, "usage: sim_worker_faults [--seeds N] [--from S] [--jobs J] [--cpu-seconds C] "
                        "[--least M] [--no-shrink] [--talk] "
                        "[PARAMETER=VALUE ...]\n");
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
    bool too_few = !failed && common->lived < wish.least;
    if (too_few)
        fprintf(stderr, "only %llu worlds in %lld s of processor time: %llu are the least\n",
                (unsigned long long)common->lived, (long long)wish.cpu_seconds,
                (unsigned long long)wish.least);
    return failed || too_few ? 1 : 0;
}
