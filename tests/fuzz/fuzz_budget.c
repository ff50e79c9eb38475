/* The rule of processor/book/README.md and tests/end_to_end/bombs.py for small inputs: a second of CPU, 100
 * MB of memory, a hundred times its size on disk. A build for fuzzing is up to ten times slower than a
 * release, and an input of a fuzzer is a hundredth of a megabyte: so half a second is generous, and still
 * far below what a bomb costs. Memory is by how much one input raised the peak of the process; the largest
 * piece of it, and the time by the clock, are flags (CMakeLists.txt). What a target makes of one input
 * (fuzz_next_input) has a budget of its own each, and all of it together must stay below four seconds and 16
 * MB of output. */
#define FUZZ_BUDGET
#include "fuzz_target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MILLISECONDS_MAX = 500, MILLISECONDS_OF_KB = 10, MEMORY_KB_MAX = 100 * 1024, OUTPUT_TIMES_MAX = 100 };
enum { ALL_MILLISECONDS_MAX = 4000, ALL_OUTPUT_BYTES_MAX = 16 << 20 };

/* Of the input, and of what is made of it now; size: of the input's bytes. */
static struct spending {
    size_t size, records, bytes, all_bytes;
    long began, all_began, peak;
} now;
static bool is_counting;

void fuzz_within(const char *what, uint64_t spent, uint64_t limit)
{
    if (spent <= limit || !is_counting)
        return;
    fprintf(stderr, "a bomb: %llu %s for %zu bytes, more than %llu\n", (unsigned long long)spent, what,
            now.size, (unsigned long long)limit);
    abort();
}

void fuzz_output(size_t records, size_t bytes)
{
    now.records += records;
    now.bytes += bytes;
    now.all_bytes += bytes;
    fuzz_within("bytes of output in all", now.all_bytes, ALL_OUTPUT_BYTES_MAX);
}

static long milliseconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void begin(void)
{
    now.records = now.bytes = 0;
    now.began = milliseconds();
    now.peak = peak_kb();
}

static void end(void)
{
    long time = milliseconds();
    fuzz_within("ms of CPU", (uint64_t)(time - now.began),
                MILLISECONDS_MAX + now.size / 1024 * MILLISECONDS_OF_KB);
    fuzz_within("ms of CPU in all", (uint64_t)(time - now.all_began), ALL_MILLISECONDS_MAX);
    fuzz_within("kB of memory", (uint64_t)(peak_kb() - now.peak), MEMORY_KB_MAX);
    fuzz_within("bytes of output", now.bytes,
                OUTPUT_TIMES_MAX * (now.size + 1) + now.records * FUZZ_RECORD_BYTES);
}

void fuzz_next_input(void)
{
    end();
    begin();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!is_counting) /* what is read once, such as a book, is no input's */
        (void)fuzz_one_input((const uint8_t *)"", 0);
    is_counting = true;
    now = (struct spending){ .size = size, .all_began = milliseconds() };
    begin();
    int result = fuzz_one_input(data, size);
    end();
    return result;
}
