#include "engine/duplicate.h"

#include "base/sort.h"
#include "engine/same_care.h"

static const struct duplicate_rule *rule_of(const struct book *book, const struct line *line)
{
    for (size_t i = 0; i < book->duplicates_count; i++)
        if (line_accepted_by(line, book->duplicates[i].criterion))
            return &book->duplicates[i];
    return NULL;
}

/* 0 when one line could be the same care as the other. */
static int run_compare(const struct placed *a, const struct placed *b)
{
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return same_care_order(a->rule, placed_declaration(a), placed_declaration(b));
}

static int ruled_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = run_compare(x, y);
    return order ? order : line_submitted_compare(x->line, y->line);
}

/* --- the walk of a run: lines that could be the same care, in the order of their submission --- */

/* Those behind that are not surplus, by their start: what shares days with a line begins at most the longest
 * of them before it, so that a person with many stays is no square of them. */
struct earlier {
    struct placed **items;
    size_t count;
    int32_t longest; /* days from a start to its end */
};

/* The place of the first that starts on the day or later. */
static size_t earlier_from(const struct earlier *earlier, int32_t day)
{
    size_t low = 0, high = earlier->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (placed_start(earlier->items[middle]) < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void earlier_add(struct earlier *earlier, struct placed *placed)
{
    size_t at = earlier_from(earlier, placed_start(placed) + 1);
    int32_t length = placed_declaration(placed)->end_date - placed_start(placed);
    memmove(earlier->items + at + 1, earlier->items + at, (earlier->count - at) * sizeof(struct placed *));
    earlier->items[at] = placed;
    earlier->count++;
    if (length > earlier->longest)
        earlier->longest = length;
}

/* How many of the earlier ones are the same care, and the first of them. */
static int32_t earlier_same(const struct book *book, const struct earlier *earlier,
                            const struct placed *placed, const struct placed **ret_first)
{
    const struct declaration *declaration = placed_declaration(placed);
    int32_t count = 0;
    for (size_t i = earlier_from(earlier, declaration->start_date - earlier->longest);
         i < earlier->count && placed_start(earlier->items[i]) <= declaration->end_date; i++) {
        const struct placed *other = earlier->items[i];
        if (!same_care(book, placed->rule, declaration, placed_declaration(other)))
            continue;
        if (count++ == 0 || line_submitted_compare(other->line, (*ret_first)->line) < 0)
            *ret_first = other;
    }
    return count;
}

static void surplus_set(struct placed *placed, const struct placed *first)
{
    placed->surplus = true;
    placed->first_same = first;
    if (!placed->rule->hold)
        return;
    placed->status = STATUS_HELD;
    placed->reason = REASON_same_care;
    placed->standing = false;
    placed->evidence = placed_declaration(first)->declaration_id;
}

static void run_walk(const struct book *book, struct placed *const run[], size_t count, struct placed **room)
{
    struct earlier earlier = { .items = room };
    for (size_t i = 0; i < count; i++) {
        const struct placed *first = NULL;
        if (!run[i]->released && earlier_same(book, &earlier, run[i], &first) >= run[i]->rule->allow)
            surplus_set(run[i], first);
        else
            earlier_add(&earlier, run[i]);
    }
}

/* --- all of a person --- */

/* Of those that the steps before have left: debits that §3, the horizon and the ends of care leave active. */
static size_t ruled_find(struct history *history, struct placed *ruled[])
{
    size_t count = 0;
    for (size_t i = 0; i < history->lines_count; i++) {
        struct placed *placed = &history->lines[i];
        placed->standing = placed->status == STATUS_COUNT;
        placed->rule = placed->standing ? rule_of(history->rules->book, placed->line) : NULL;
        if (placed->rule)
            ruled[count++] = placed;
    }
    return count;
}

void duplicates_hold(struct history *history)
{
    struct placed **ruled = ARENA_ARRAY(history->arena, struct placed *, history->lines_count);
    size_t count = ruled_find(history, ruled);
    struct placed **room = ARENA_ARRAY(history->arena, struct placed *, count);
    sort_stable((const void **)ruled, count, ruled_compare, (const void **)room);
    for (size_t first = 0, end = 0; first < count; first = end) {
        while (end < count && run_compare(ruled[first], ruled[end]) == 0)
            end++;
        run_walk(history->rules->book, ruled + first, end - first, room);
    }
}

bool line_has_double(const struct book *book, const struct line *line, struct line *const others[],
                     size_t others_count)
{
    const struct duplicate_rule *rule = rule_of(book, line);
    for (size_t i = 0; i < others_count && rule; i++)
        if (others[i]->declaration.kind == KIND_DEBIT &&
            same_care(book, rule, &line->declaration, &others[i]->declaration) &&
            rule_of(book, others[i]) == rule)
            return true;
    return false;
}
