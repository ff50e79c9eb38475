#include "base/memory.h"

#include "base/must.h"

#include <stdint.h>
#include <stdlib.h>

static void must_multiply(size_t count, size_t size)
{
    must(size == 0 || count <= SIZE_MAX / 4 / size);
}

void *memory_alloc(size_t count, size_t size)
{
    must_multiply(count, size);
    void *memory = malloc(count > 0 ? count * size : 1);
    must(memory != NULL && "out of memory");
    return memory;
}

void *memory_alloc_zeroed(size_t count, size_t size)
{
    must_multiply(count, size);
    void *memory = calloc(count ? count : 1, size ? size : 1);
    must(memory != NULL && "out of memory");
    return memory;
}

void *memory_grow(void *memory, size_t count, size_t size)
{
    must_multiply(count, size);
    void *grown = realloc(memory, count > 0 ? count * size : 1);
    must(grown != NULL && "out of memory");
    return grown;
}

void memory_free(void *memory)
{
    free(memory);
}
