#include "engine/provider.h"

struct bytes provider_last(const struct book *book, struct bytes code)
{
    size_t low = 0, high = book->successors_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(book->successors[middle].code, code);
        if (order == 0)
            return book->successors[middle].last;
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return code;
}
