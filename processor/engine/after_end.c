#include "engine/after_end.h"

#include "base/array.h"
#include "base/sort.h"

/* --- what is looked at --- */

/* A debit that §3 and the horizon have left, and that the book can see. */
static bool is_seen_and_active(const struct placed *placed)
{
    return placed->status == STATUS_COUNT && !placed->line->no_rule;
}

static bool is_end(const struct book *book, const struct line *line)
{
    for (size_t i = 0; i < book->ends_care_count; i++)
        if (line_accepted_by(line, book->ends_care[i].criterion))
            return true;
    return false;
}

static int care_compare(const void *a, const void *b)
{
    return line_care_compare(((const struct placed *)a)->line, ((const struct placed *)b)->line);
}

/* Care order within each insurer. */
static int insurer_care_compare(const void *a, const void *b)
{
    int32_t x = placed_declaration(a)->insurer, y = placed_declaration(b)->insurer;
    return x != y ? (x > y) - (x < y) : care_compare(a, b);
}

/* --- one entry, along the days --- */

struct sweep {
    struct history *history;
    const struct ends_care *entry;
    struct placed **lines; /* in care order; of one insurer where the entry asks for that */
    size_t count;
    const struct placed *end; /* the first end since the last line that resumes, of the days before */
};

static bool ends(const struct sweep *sweep, const struct placed *placed)
{
    return line_accepted_by(placed->line, sweep->entry->criterion);
}

/* What both accept is an end. */
static bool resumes(const struct sweep *sweep, const struct placed *placed)
{
    return !ends(sweep, placed) && line_accepted_by(placed->line, sweep->entry->resumes);
}

static void note(const struct sweep *sweep, struct placed *placed)
{
    struct history *history = sweep->history;
    ARENA_ARRAY_ROOM(history->arena, history->after_ends, history->after_ends_count,
                     history->after_ends_capacity);
    history->after_ends[history->after_ends_count++] = (struct after_end){ placed, sweep->end, sweep->entry };
}

/* The lines of one day: an end of this day does not count for them, what resumes on it does. */
static void sweep_day(struct sweep *sweep, size_t first, size_t until)
{
    bool resumed = false;
    for (size_t i = first; i < until && sweep->end; i++)
        resumed = resumed || resumes(sweep, sweep->lines[i]);
    for (size_t i = first; i < until && sweep->end && !resumed; i++)
        if (!sweep->lines[i]->released && !is_end(sweep->history->rules->book, sweep->lines[i]->line))
            note(sweep, sweep->lines[i]);
    for (size_t i = first; i < until; i++) {
        if (resumes(sweep, sweep->lines[i]))
            sweep->end = NULL;
        else if (!sweep->end && ends(sweep, sweep->lines[i]))
            sweep->end = sweep->lines[i];
    }
}

static void sweep_lines(struct history *history, const struct ends_care *entry, struct placed **lines,
                        size_t count)
{
    struct sweep sweep = { .history = history, .entry = entry, .lines = lines, .count = count };
    for (size_t from = 0, until; from < count; from = until) {
        for (until = from; until < count && placed_start(lines[until]) == placed_start(lines[from]);)
            until++;
        sweep_day(&sweep, from, until);
    }
}

static void sweep_insurers(struct history *history, const struct ends_care *entry, struct placed **lines,
                           size_t count)
{
    for (size_t from = 0, until; from < count; from = until) {
        int32_t insurer = placed_declaration(lines[from])->insurer;
        for (until = from; until < count && placed_declaration(lines[until])->insurer == insurer;)
            until++;
        sweep_lines(history, entry, lines + from, until - from);
    }
}

/* --- all entries --- */

/* The first entry that holds it decides: entries are taken in the order of the book. */
static void hold(struct history *history)
{
    for (size_t i = 0; i < history->after_ends_count; i++) {
        const struct after_end *after = &history->after_ends[i];
        if (!after->entry->hold || after->line->status == STATUS_HELD)
            continue;
        after->line->status = STATUS_HELD;
        after->line->reason = REASON_after_end;
        after->line->evidence = placed_declaration(after->end)->declaration_id;
    }
}

/* Most persons have no such fact, and cost one look a line. */
static bool any_ends(const struct history *history)
{
    for (size_t i = 0; i < history->lines_count; i++)
        if (is_seen_and_active(&history->lines[i]) && is_end(history->rules->book, history->lines[i].line))
            return true;
    return false;
}

void ends_of_care_apply(struct history *history)
{
    const struct book *book = history->rules->book;
    if (book->ends_care_count == 0 || !any_ends(history))
        return;
    size_t count = 0;
    struct placed **lines = ARENA_ARRAY(history->arena, struct placed *, history->lines_count);
    const void **scratch = ARENA_ARRAY(history->arena, const void *, history->lines_count);
    for (size_t i = 0; i < history->lines_count; i++)
        if (is_seen_and_active(&history->lines[i]))
            lines[count++] = &history->lines[i];
    for (size_t i = 0; i < book->ends_care_count; i++) {
        const struct ends_care *entry = &book->ends_care[i];
        sort_stable((const void **)lines, count, entry->of_insurer ? insurer_care_compare : care_compare,
                    scratch);
        if (entry->of_insurer)
            sweep_insurers(history, entry, lines, count);
        else
            sweep_lines(history, entry, lines, count);
    }
    hold(history);
}

bool line_may_be_after_end(const struct book *book, const struct line *line, struct line *const others[],
                           size_t others_count)
{
    for (size_t i = 0; i < others_count && book->ends_care_count > 0; i++)
        if (others[i]->declaration.start_date < line->declaration.start_date && is_end(book, others[i]))
            return true;
    return false;
}
