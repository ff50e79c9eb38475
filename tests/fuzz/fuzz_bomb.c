/* That the budget of an input bites: a target which spends too much of what its first letter says, and must
 * not get through. */
#define FUZZ_BUDGET
#include "fuzz_target.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned spent;

int fuzz_one_input(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 't')
        for (clock_t began = clock(); clock() - began < CLOCKS_PER_SEC;)
            spent++;
    if (size > 0 && data[0] == 'm') {
        size_t bytes = 200u << 20;
        volatile char *memory = malloc(bytes);
        for (size_t i = 0; memory && i < bytes; i += 1024)
            memory[i] = 1;
        free((void *)(uintptr_t)memory);
    }
    if (size > 0 && data[0] == 'o')
        fuzz_output(1, 100000);
    if (size > 0 && data[0] == 'a') /* each within its budget, but not all of them */
        for (size_t i = 0; i < 170; i++, fuzz_next_input())
            fuzz_output(25, 100000);
    if (size > 0 && data[0] == 'w')
        fuzz_within("things", 2, 1);
    return 0;
}

/* CTest takes a signal for a failure, whatever was said. */
static void end(int number)
{
    (void)number;
    _exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    signal(SIGABRT, end);
    LLVMFuzzerTestOneInput((const uint8_t *)argv[1], strlen(argv[1]));
    printf("within its budget\n");
    return 0;
}
