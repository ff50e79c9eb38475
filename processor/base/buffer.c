#include "base/buffer.h"

#include "base/must.h"

#include <stdlib.h>

void buffer_reserve_slow(struct buffer *buffer, size_t more)
{
    must(more <= SIZE_MAX / 4 && buffer->length <= SIZE_MAX / 4);
    size_t capacity = buffer->capacity ? buffer->capacity * 2 : 256;
    while (capacity < buffer->length + more)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    must(data != NULL && "out of memory");
    buffer->data = data;
    buffer->capacity = capacity;
}

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){ 0 };
}
