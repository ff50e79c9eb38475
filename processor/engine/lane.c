#include "engine/lane.h"

#include "base/array.h"
#include "base/sort.h"

static int care_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return line_care_compare(x->line, y->line);
}

static int insurer_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int32_t i = placed_declaration(x)->insurer, j = placed_declaration(y)->insurer;
    return (i > j) - (i < j);
}

static void standing_order(struct history *history)
{
    const void **scratch = ARENA_ARRAY(history->arena, const void *, history->lines_count);
    history->standing = ARENA_ARRAY(history->arena, struct placed *, history->lines_count);
    for (size_t i = 0; i < history->lines_count; i++)
        if (history->lines[i].standing)
            history->standing[history->standing_count++] = &history->lines[i];
    sort_stable((const void **)history->standing, history->standing_count, care_compare, scratch);
}

/* A lane is a run of one insurer in a stable sort of the care order. */
void lanes_make(struct history *history)
{
    standing_order(history);
    size_t count = history->standing_count;
    struct placed **by_insurer = ARENA_ARRAY(history->arena, struct placed *, count);
    const void **scratch = ARENA_ARRAY(history->arena, const void *, count);
    if (count)
        memcpy(by_insurer, history->standing, count * sizeof(*by_insurer));
    sort_stable((const void **)by_insurer, count, insurer_compare, scratch);
    history->lanes = ARENA_ARRAY(history->arena, struct lane, count);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || insurer_compare(by_insurer[i - 1], by_insurer[i]) != 0)
            history->lanes[history->lanes_count++] =
                (struct lane){ .insurer = placed_declaration(by_insurer[i])->insurer,
                               .lines = by_insurer + i };
        history->lanes[history->lanes_count - 1].lines_count++;
    }
}

struct episode *lane_add_episode(struct history *history, struct lane *lane)
{
    ARENA_ARRAY_ROOM(history->arena, lane->episodes, lane->episodes_count, lane->episodes_capacity);
    struct episode *episode = arena_zeroed(history->arena, sizeof(*episode));
    lane->episodes[lane->episodes_count++] = episode;
    return episode;
}
