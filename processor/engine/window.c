#include "engine/window.h"

#include "engine/explain.h"
#include "engine/side.h"

static int32_t day_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

static int32_t day_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* What a step has set, and by what. */
static void note(const struct history *history, enum window_step_kind kind, const struct episode *episode,
                 const struct placed *line, const struct episode *other, struct bytes name)
{
    int32_t day =
        kind == WINDOW_START || kind == WINDOW_CUT_START ? episode->opens_window : episode->closes_on;
    if (history->explanation)
        explanation_add_step(history->explanation,
                             &(struct window_step){ kind, episode, day, line, other, name });
}

/* 1: later than closes_on of any earlier episode of this bundle whose side meets */
static void set_start(const struct history *history, const struct lane *lane, struct episode *episode)
{
    episode->opens_window = episode->opened_on - episode->definition->look_back_days;
    note(history, WINDOW_START, episode, NULL, NULL, BYTES_NULL);
    for (size_t i = 0; i < lane->episodes_count; i++) {
        const struct episode *earlier = lane->episodes[i];
        if (earlier == episode || earlier->bundle_at != episode->bundle_at ||
            !sides_meet(earlier->side, episode->side) || earlier->closes_on < episode->opens_window)
            continue;
        episode->opens_window = earlier->closes_on + 1;
        note(history, WINDOW_CUT_START, episode, NULL, earlier, BYTES_NULL);
    }
}

/* 3 */
static void extend(const struct history *history, const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t last = episode->opened_on + definition->extend_max_days;
    for (size_t i = 0; i < lane->lines_count && definition->extend_criterion != ABSENT; i++) {
        const struct placed *placed = lane->lines[i];
        int32_t start = placed_start(placed);
        if (start < episode->opened_on || start > episode->closes_on)
            continue;
        int32_t closes_on = day_min(day_max(episode->closes_on, start + definition->extend_after_days), last);
        if (closes_on == episode->closes_on ||
            !line_accepted_by(placed->line, definition->extend_criterion) ||
            !episode_compatible(episode, placed))
            continue;
        episode->closes_on = closes_on;
        note(history, WINDOW_EXTENDED, episode, placed, NULL, BYTES_NULL);
    }
}

/* The first accepted line in care order with first ≤ start ≤ last, or NULL. */
static const struct placed *first_accepted(const struct lane *lane, int32_t criterion, int32_t first,
                                           int32_t last, const struct episode *side_of)
{
    for (size_t i = 0; i < lane->lines_count; i++) {
        const struct placed *placed = lane->lines[i];
        if (placed_start(placed) >= first && placed_start(placed) <= last &&
            line_accepted_by(placed->line, criterion) && (!side_of || episode_compatible(side_of, placed)))
            return placed;
    }
    return NULL;
}

/* 4: the earliest of all ends, the earlier entry on a tie */
static void end(const struct history *history, const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t closes_on = episode->closes_on; /* of step 3: every entry looks as far */
    for (size_t i = 0; i < definition->ends_count; i++) {
        const struct end_entry *entry = &definition->ends[i];
        const struct placed *placed =
            first_accepted(lane, entry->criterion, episode->opened_on, closes_on, episode);
        if (!placed || placed_start(placed) + entry->after_days >= episode->closes_on)
            continue;
        episode->closes_on = placed_start(placed) + entry->after_days;
        episode->ended_by = entry->name;
        note(history, WINDOW_ENDED, episode, placed, NULL, entry->name);
    }
}

/* 5, in the order of the list; lines of any side */
static void truncate(const struct history *history, const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    int32_t d0 = episode->opened_on;
    for (size_t i = 0; i < definition->excludes_count; i++) {
        const struct exclude_entry *entry = &definition->excludes[i];
        if (!entry->truncate)
            continue;
        int32_t first = day_max(d0 + 1, d0 + entry->from_day),
                last = day_min(episode->closes_on, d0 + entry->to_day);
        const struct placed *placed = first_accepted(lane, entry->criterion, first, last, NULL);
        if (!placed)
            continue;
        episode->closes_on = placed_start(placed) - 1;
        episode->ended_by = entry->name;
        note(history, WINDOW_TRUNCATED, episode, placed, NULL, entry->name);
    }
}

/* 6: the earliest episode of a suppressing bundle, the first bundle in the book on a tie */
static void suppress(const struct history *history, const struct lane *lane, struct episode *episode)
{
    const struct book *book = history->rules->book;
    const struct episode *earliest = NULL;
    for (size_t i = 0; i < lane->episodes_count; i++) {
        const struct episode *other = lane->episodes[i];
        if (!book->suppresses[other->bundle_at * book->bundles_count + episode->bundle_at] ||
            other->opened_on <= episode->opened_on || other->opened_on > episode->closes_on)
            continue;
        if (!earliest || other->opened_on < earliest->opened_on ||
            (other->opened_on == earliest->opened_on && other->bundle_at < earliest->bundle_at))
            earliest = other;
    }
    if (!earliest)
        return;
    episode->closes_on = earliest->opened_on - 1;
    episode->ended_by = earliest->bundle->id;
    note(history, WINDOW_SUPPRESSED, episode, NULL, earliest, BYTES_NULL);
}

void window_set(const struct history *history, const struct lane *lane, struct episode *episode)
{
    set_start(history, lane, episode);
    episode->closes_on = episode->opened_on + episode->definition->after_days; /* 2 */
    note(history, WINDOW_END, episode, NULL, NULL, BYTES_NULL);
    extend(history, lane, episode);
    end(history, lane, episode);
    truncate(history, lane, episode);
    suppress(history, lane, episode);
}
