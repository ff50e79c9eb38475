#include "base/edit_distance.h"

#include "base/limits.h"
#include "base/must.h"

unsigned edit_distance(struct bytes a, struct bytes b, unsigned bound)
{
    enum { FAR = 1000 };
    must(a.length <= NAME_BYTES_MAX && b.length <= NAME_BYTES_MAX);
    unsigned rows[3][NAME_BYTES_MAX + 2];
    if (a.length > b.length + bound || b.length > a.length + bound)
        return FAR;
    unsigned *before = rows[0], *above = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.length; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t from = i > bound ? i - bound : 1, until = i + bound < b.length ? i + bound : b.length;
        now[from - 1] = from == 1 ? (unsigned)i : FAR;
        now[until + 1] = FAR;
        for (size_t j = from; j <= until; j++) {
            unsigned best = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            best = above[j] + 1 < best ? above[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                best = before[j - 2] + 1 < best ? before[j - 2] + 1 : best;
            now[j] = best;
        }
        unsigned *spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return above[b.length];
}
