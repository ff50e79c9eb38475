/* The rule of processor/book/README.md and tests/end_to_end/bombs.py for small inputs: a second of CPU, 100 MB of memory, a hundred times its
 * size on disk. A build for fuzzing is up to ten times slower than a release, and an input of a fuzzer is a hundredth of a megabyte: so half a
 * second is generous, and still far below what a bomb costs. Memory is by how much one input raised the peak of the process. */
#define FUZZ_BUDGET
#include "fuzz_target.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { MILLISECONDS_MAX = 500, MILLISECONDS_OF_KB = 10, MEMORY_KB_MAX = 100 * 1024, OUTPUT_TIMES_MAX = 100 };

static size_t output_records, output_bytes;

void fuzz_output(size_t records, size_t bytes)
{
    output_records += records;
    output_bytes += bytes;
}

static long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long peak_kb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void must_be_within(const char *what, size_t spent, size_t budget, size_t size)
{
    if (spent <= budget)
        return;
    fprintf(stderr, "a bomb: %zu %s for %zu bytes, more than %zu\n", spent, what, size, budget);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    if (!begun) /* what is read once, such as a book, is no input's */
        (void)fuzz_one_input((const uint8_t *)"", 0);
    begun = true;
    output_records = output_bytes = 0;
    long began = milliseconds(), peak = peak_kb();
    int result = fuzz_one_input(data, size);
    must_be_within("ms of CPU", (size_t)(milliseconds() - began), MILLISECONDS_MAX + size / 1024 * MILLISECONDS_OF_KB, size);
    must_be_within("kB of memory", (size_t)(peak_kb() - peak), MEMORY_KB_MAX, size);
    must_be_within("bytes of output", output_bytes, OUTPUT_TIMES_MAX * (size + 1) + output_records * FUZZ_RECORD_BYTES, size);
    return result;
}
