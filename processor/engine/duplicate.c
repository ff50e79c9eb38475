#include "engine/duplicate.h"

#include "base/sort.h"
#include "engine/provider.h"

static const struct duplicate_rule *rule_of(const struct book *book, const struct line *line)
{
    for (size_t i = 0; i < book->duplicates_count; i++)
        if (line_accepted_by(line, book->duplicates[i].criterion))
            return &book->duplicates[i];
    return NULL;
}

/* The code that its provider is compared by is found once, not with every comparison. */
static void placed_rule(const struct book *book, struct placed *placed)
{
    placed->rule = rule_of(book, placed->line);
    if (placed->rule)
        placed->provider = provider_last(book, placed_declaration(placed)->provider);
}

static bool grouped_by_trajectory(const struct placed *placed)
{
    return placed->rule->same_trajectory && !bytes_is_null(placed_declaration(placed)->trajectory);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Null first. */
static int compare_optional(struct bytes a, struct bytes b)
{
    int order = compare_numbers(!bytes_is_null(a), !bytes_is_null(b));
    return order ? order : bytes_compare(a, b);
}

static int trajectory_group_compare(const struct placed *a, const struct placed *b)
{
    const struct declaration *x = placed_declaration(a), *y = placed_declaration(b);
    int order = compare_numbers(x->care_type, y->care_type);
    if (order == 0)
        order = compare_numbers(x->start_date, y->start_date);
    if (order == 0)
        order = bytes_compare(a->provider, b->provider);
    return order ? order : compare_optional(x->trajectory, y->trajectory);
}

static int content_group_compare(const struct placed *a, const struct placed *b)
{
    const struct declaration *x = placed_declaration(a), *y = placed_declaration(b);
    int order = compare_numbers(x->care_type, y->care_type);
    if (order == 0)
        order = bytes_compare(x->care_code, y->care_code);
    if (order == 0)
        order = compare_numbers(x->start_date, y->start_date);
    if (order == 0)
        order = compare_numbers(x->laterality, y->laterality);
    if (order == 0 && a->rule->within_provider)
        order = bytes_compare(a->provider, b->provider);
    return order;
}

/* 0 when both are of one group. */
static int group_compare(const struct placed *a, const struct placed *b)
{
    int order = compare_numbers(a->rule - b->rule, 0);
    if (order == 0)
        order = compare_numbers(grouped_by_trajectory(a), grouped_by_trajectory(b));
    if (order)
        return order;
    return grouped_by_trajectory(a) ? trajectory_group_compare(a, b) : content_group_compare(a, b);
}

static int ruled_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int order = group_compare(x, y);
    return order ? order : line_submitted_compare(x->line, y->line);
}

static void surplus_set(struct placed *placed, const struct placed *first)
{
    placed->surplus = true;
    placed->group_first = first;
    if (!placed->rule->hold)
        return;
    placed->status = STATUS_HELD;
    placed->standing = false;
    placed->evidence = placed_declaration(first)->declaration_id;
}

void duplicates_hold(struct history *history)
{
    const struct book *book = history->rules->book;
    size_t count = 0;
    struct placed **ruled = ARENA_ARRAY(history->arena, struct placed *, history->lines_count);
    for (size_t i = 0; i < history->lines_count; i++) {
        struct placed *placed = &history->lines[i];
        /* a debit that §3 and the horizon have left: active */
        placed->standing = placed->status == STATUS_COUNT;
        if (placed->standing)
            placed_rule(book, placed);
        if (placed->rule)
            ruled[count++] = placed;
    }
    sort_stable((const void **)ruled, count, ruled_compare, ARENA_ARRAY(history->arena, const void *, count));
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        if (group_compare(ruled[first], ruled[i]) != 0)
            first = i;
        if (i - first >= (size_t)ruled[i]->rule->allow)
            surplus_set(ruled[i], ruled[first]);
    }
}

bool line_has_double(const struct book *book, struct line *line, struct line *const others[],
                     size_t others_count)
{
    struct placed mine = { .line = line };
    placed_rule(book, &mine);
    for (size_t i = 0; i < others_count && mine.rule; i++) {
        if (others[i]->declaration.start_date != line->declaration.start_date ||
            others[i]->declaration.kind != KIND_DEBIT)
            continue; /* both kinds of group ask for the start */
        struct placed other = { .line = others[i] };
        placed_rule(book, &other);
        if (other.rule && group_compare(&mine, &other) == 0)
            return true;
    }
    return false;
}
