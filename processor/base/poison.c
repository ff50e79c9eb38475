#include "base/poison.h"

#ifdef POISON_IS_ON
#include <sanitizer/asan_interface.h>
#include <stdint.h>

void poison(void *at, size_t size)
{
    __asan_poison_memory_region(at, size);
}

void unpoison(void *at, size_t size)
{
    __asan_unpoison_memory_region(at, size);
}

bool is_poisoned(const void *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!__asan_address_is_poisoned((const char *)at + i))
            return false;
    return true;
}

bool poison_begins_behind(const void *piece, size_t size)
{
    char *begin = (char *)(uintptr_t)piece;
    return __asan_region_is_poisoned(begin, size) == NULL && __asan_address_is_poisoned(begin + size);
}
#else
typedef int nothing_is_poisoned; /* a file may not be empty */
#endif
