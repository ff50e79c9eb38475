#include "system/random.h"

#include "base/must.h"

#include <sys/random.h>

/* The kernel gives up to 256 bytes whole, and is not interrupted in it. */
uint64_t random_number(void)
{
    uint64_t number;
    must(getrandom(&number, sizeof(number), 0) == (ssize_t)sizeof(number));
    return number;
}
