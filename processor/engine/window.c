/* window.c - the six steps from opens_window to closes_on (§6). All look at standing lines, whichever episode these go to. */
#include "engine/history.h"

static int32_t day_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t day_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static bool compatible(const struct episode *episode, const struct placed *placed)
{
    return side_compatible(placed->line, episode->definition->sides, episode->side);
}

/* 1: later than closes_on of any earlier episode of this bundle whose side meets */
static void set_start(const struct lane *lane, struct episode *episode)
{
    episode->opens_window = episode->opened_on - episode->definition->look_back_days;
    for (size_t i = 0; i < lane->episodes_count; i++) {
        const struct episode *earlier = lane->episodes[i];
        if (earlier != episode && earlier->bundle_at == episode->bundle_at && sides_meet(earlier->side, episode->side))
            episode->opens_window = day_max(episode->opens_window, earlier->closes_on + 1);
    }
}

/* 3 */
static void extend(const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t last = episode->opened_on + definition->extend_max_days;
    for (size_t i = 0; i < lane->lines_count && definition->extend_criterion != ABSENT; i++) {
        const struct placed *placed = lane->lines[i];
        int32_t start = placed_start(placed);
        if (start < episode->opened_on || start > episode->closes_on)
            continue;
        if (line_accepted_by(placed->line, definition->extend_criterion) && compatible(episode, placed))
            episode->closes_on = day_min(day_max(episode->closes_on, start + definition->extend_after_days), last);
    }
}

/* The first accepted line in care order with first ≤ start ≤ last, or NULL. */
static const struct placed *first_accepted(const struct lane *lane, int32_t criterion, int32_t first, int32_t last, const struct episode *side_of)
{
    for (size_t i = 0; i < lane->lines_count; i++) {
        const struct placed *placed = lane->lines[i];
        if (placed_start(placed) >= first && placed_start(placed) <= last && line_accepted_by(placed->line, criterion) &&
            (!side_of || compatible(side_of, placed)))
            return placed;
    }
    return NULL;
}

/* 4: the earliest of all ends, the earlier entry on a tie */
static void end(const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t closes_on = episode->closes_on; /* of step 3: every entry looks as far */
    for (size_t i = 0; i < definition->ends_count; i++) {
        const struct end_entry *entry = &definition->ends[i];
        const struct placed *placed = first_accepted(lane, entry->criterion, episode->opened_on, closes_on, episode);
        if (!placed || placed_start(placed) + entry->after_days >= episode->closes_on)
            continue;
        episode->closes_on = placed_start(placed) + entry->after_days;
        episode->ended_by = entry->name;
    }
}

/* 5, in the order of the list; lines of any side */
static void truncate(const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t d0 = episode->opened_on;
    for (size_t i = 0; i < definition->excludes_count; i++) {
        const struct exclude_entry *entry = &definition->excludes[i];
        if (!entry->truncate)
            continue;
        int32_t first = day_max(d0 + 1, d0 + entry->from_day), last = day_min(episode->closes_on, d0 + entry->to_day);
        const struct placed *placed = first_accepted(lane, entry->criterion, first, last, NULL);
        if (!placed)
            continue;
        episode->closes_on = placed_start(placed) - 1;
        episode->ended_by = entry->name;
    }
}

/* 6: the earliest episode of a suppressing bundle, the first bundle in the book on a tie */
static void suppress(const struct lane *lane, const struct book *book, struct episode *episode)
{
    const struct episode *earliest = NULL;
    for (size_t i = 0; i < lane->episodes_count; i++) {
        const struct episode *other = lane->episodes[i];
        if (!book->suppresses[other->bundle_at * book->bundles_count + episode->bundle_at] || other->opened_on <= episode->opened_on ||
            other->opened_on > episode->closes_on)
            continue;
        if (!earliest || other->opened_on < earliest->opened_on ||
            (other->opened_on == earliest->opened_on && other->bundle_at < earliest->bundle_at))
            earliest = other;
    }
    if (!earliest)
        return;
    episode->closes_on = earliest->opened_on - 1;
    episode->ended_by = earliest->bundle->id;
}

void window_set(const struct lane *lane, const struct book *book, struct episode *episode)
{
    set_start(lane, episode);
    episode->closes_on = episode->opened_on + episode->definition->after_days; /* 2 */
    extend(lane, episode);
    end(lane, episode);
    truncate(lane, episode);
    suppress(lane, book, episode);
}
