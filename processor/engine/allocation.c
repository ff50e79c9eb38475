#include "engine/allocation.h"

#include "base/must.h"
#include "base/sort.h"
#include "engine/contract.h"
#include "engine/explain.h"
#include "engine/provider.h"
#include "engine/share.h"
#include "engine/side.h"

/* (opened_on, index of the bundle in the book, key) */
static int rank_compare(const void *a, const void *b)
{
    const struct episode *x = a, *y = b;
    if (x->opened_on != y->opened_on)
        return x->opened_on < y->opened_on ? -1 : 1;
    if (x->bundle_at != y->bundle_at)
        return x->bundle_at < y->bundle_at ? -1 : 1;
    return bytes_compare(x->key, y->key);
}

static void lane_rank(struct history *history, struct lane *lane)
{
    const void **scratch = ARENA_ARRAY(history->arena, const void *, lane->episodes_count);
    sort_stable((const void **)lane->episodes, lane->episodes_count, rank_compare, scratch);
}

/* --- the bundle's price --- */

/* The contract of the episode, asked at its insurer, which is that of its lines, and on its first day. */
static bool is_listed(const struct book *book, const struct episode *episode, const struct declaration *line)
{
    return contract_lists(book, episode->contract, line->provider, line->insurer, episode->opened_on);
}

/* Neither the contract's insurers and dates are asked, nor which others name the provider. */
static bool is_price_line(const struct book *book, const struct placed *placed)
{
    for (size_t i = 0; i < book->contracts_count; i++)
        if (line_accepted_by(placed->line, book->contracts[i].price_criterion) &&
            contract_names(book, &book->contracts[i], placed_declaration(placed)->provider))
            return true;
    return false;
}

static int submitted_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return line_submitted_compare(x->line, y->line);
}

enum price_condition price_condition(const struct book *book, const struct episode *episode,
                                     const struct placed *price)
{
    if (!episode->contract || !line_accepted_by(price->line, episode->contract->price_criterion) ||
        !is_listed(book, episode, placed_declaration(price)))
        return PRICE_OF_OTHERS;
    if (!episode_compatible(episode, price))
        return PRICE_OTHER_SIDE;
    if (placed_start(price) < episode->opened_on)
        return PRICE_TOO_EARLY;
    return placed_start(price) > episode->closes_on ? PRICE_TOO_LATE : PRICE_FITS;
}

static void price_place(const struct book *book, const struct lane *lane, struct placed *price)
{
    struct episode *first = NULL, *free = NULL;
    for (size_t i = 0; i < lane->episodes_count && !free; i++) {
        struct episode *episode = lane->episodes[i];
        if (price_condition(book, episode, price) != PRICE_FITS)
            continue;
        if (!first)
            first = episode;
        if (!episode->first_price)
            free = episode;
    }
    if (!first) {
        price->status = STATUS_PRICE_UNPLACED;
        return;
    }
    price->status = free ? STATUS_BUNDLE_PRICE : STATUS_BUNDLE_PRICE_REPEATED;
    price->priced = free ? free : first;
    if (free)
        free->first_price = price;
    else
        price->evidence = placed_declaration(first->first_price)->declaration_id;
}

static void prices_place(struct history *history, struct lane *lane)
{
    size_t count = 0;
    struct placed **prices = ARENA_ARRAY(history->arena, struct placed *, lane->lines_count);
    for (size_t i = 0; i < lane->lines_count; i++) {
        lane->lines[i]->price = is_price_line(history->rules->book, lane->lines[i]);
        if (lane->lines[i]->price)
            prices[count++] = lane->lines[i];
    }
    sort_stable((const void **)prices, count, submitted_compare,
                ARENA_ARRAY(history->arena, const void *, count));
    for (size_t i = 0; i < count; i++)
        price_place(history->rules->book, lane, prices[i]);
}

/* --- care --- */

static bool in_scope_by_trajectory(const struct book *book, const struct episode *episode,
                                   const struct placed *placed)
{
    const struct declaration *line = placed_declaration(placed),
                             *opening = placed_declaration(episode->opening);
    return episode->definition->scope_trajectory && care_type_has_trajectory(line->care_type) &&
           !bytes_is_null(line->trajectory) && bytes_equal(line->trajectory, opening->trajectory) &&
           same_provider(book, line->provider, opening->provider);
}

static bool prorates(const struct episode *episode, const struct placed *placed)
{
    return episode->definition->scope_prorate >> placed_declaration(placed)->care_type & 1;
}

enum candidate_condition candidate_condition(const struct book *book, const struct episode *episode,
                                             const struct placed *placed)
{
    const struct definition *definition = episode->definition;
    bool by_period = placed->prorated || prorates(episode, placed);
    int32_t last = by_period ? placed_declaration(placed)->end_date : placed_start(placed);
    if (last < episode->opens_window)
        return CANDIDATE_TOO_EARLY;
    if (placed_start(placed) > episode->closes_on)
        return CANDIDATE_TOO_LATE;
    if (!episode_compatible(episode, placed))
        return CANDIDATE_OTHER_SIDE;
    if (!line_accepted_by(placed->line, definition->scope_include) &&
        !in_scope_by_trajectory(book, episode, placed))
        return CANDIDATE_NOT_INCLUDED;
    return line_accepted_by(placed->line, definition->scope_exclude) ? CANDIDATE_EXCLUDED : CANDIDATE_IS;
}

/* The candidates by rank, and how far the nearest to one came. */
static size_t candidates_find(const struct book *book, const struct lane *lane, const struct placed *placed,
                              struct episode *candidates[], uint8_t *ret_reason)
{
    size_t count = 0;
    uint8_t reason = placed->line->no_rule ? REASON_no_rule : REASON_no_episode;
    for (size_t i = 0; i < lane->episodes_count; i++) {
        struct episode *episode = lane->episodes[i];
        enum candidate_condition condition = candidate_condition(book, episode, placed);
        if (condition == CANDIDATE_TOO_EARLY || condition == CANDIDATE_TOO_LATE)
            continue;
        if (reason == REASON_no_episode)
            reason = REASON_other_side;
        if (condition == CANDIDATE_OTHER_SIDE)
            continue;
        if (reason == REASON_other_side)
            reason = REASON_out_of_scope;
        if (condition == CANDIDATE_IS)
            candidates[count++] = episode;
    }
    *ret_reason = reason;
    return count;
}

enum overlap overlap_of(const struct book *book, const struct episode *a, const struct episode *b)
{
    return (enum overlap)book->overlaps[a->bundle_at * book->bundles_count + b->bundle_at];
}

static bool loses_prefer(const struct book *book, const struct episode *episode, const struct episode *other)
{
    return overlap_of(book, episode, other) == OVERLAP_PREFER_OTHER;
}

/* The higher-ranked wins, and `other` is one. */
static bool loses_first(const struct book *book, const struct episode *episode, const struct episode *other)
{
    return overlap_of(book, episode, other) == OVERLAP_FIRST && rank_compare(other, episode) < 0;
}

/* Removes every candidate that loses against any other of those that this step found; keeps the rank. */
static size_t candidates_remove(const struct history *history, const struct placed *placed,
                                struct episode *candidates[], size_t count, struct episode *left[],
                                bool loses(const struct book *, const struct episode *,
                                           const struct episode *))
{
    const struct book *book = history->rules->book;
    size_t left_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct episode *winner = NULL;
        for (size_t k = 0; k < count && !winner; k++)
            winner = k != i && loses(book, candidates[i], candidates[k]) ? candidates[k] : NULL;
        if (!winner)
            left[left_count++] = candidates[i];
        else if (history->explanation)
            explanation_add_loss(history->explanation, &(struct loss){ placed, candidates[i], winner });
    }
    return left_count;
}

static bool is_covered(const struct book *book, const struct episode *episode, const struct declaration *line)
{
    return episode->contract && episode->contract->prospective && is_listed(book, episode, line);
}

/* Days of a line that have the same candidates. */
struct slice {
    int32_t from, days;
};

/* A line whose days are looked at one slice after the other; arrays have room for all candidates. */
struct sharing {
    struct history *history;
    struct placed *placed;
    struct episode **candidates; /* by rank */
    size_t count;
    struct episode **here, **left; /* those of the slice at hand */
    int32_t *weights;
    int64_t *cents;                /* twice as many: shares, and remainders */
};

static bool is_inside(const struct episode *episode, int32_t day)
{
    return episode->opens_window <= day && day <= episode->closes_on;
}

/* The day after the last one that has the candidates of `day`, and whether there are any. */
static int32_t slice_end(const struct sharing *sharing, int32_t day, bool *ret_any)
{
    int32_t end = placed_declaration(sharing->placed)->end_date + 1;
    *ret_any = false;
    for (size_t i = 0; i < sharing->count; i++) {
        const struct episode *episode = sharing->candidates[i];
        if (episode->opens_window > day && episode->opens_window < end)
            end = episode->opens_window;
        if (!is_inside(episode, day))
            continue;
        *ret_any = true;
        end = episode->closes_on < end ? episode->closes_on + 1 : end;
    }
    return end;
}

/* In the order of days. Returns how many; the days without a candidate are those that are left. */
static size_t slices_cut(const struct sharing *sharing, struct slice slices[])
{
    const struct declaration *line = placed_declaration(sharing->placed);
    size_t count = 0;
    for (int32_t day = line->start_date, end; day <= line->end_date; day = end) {
        bool any;
        end = slice_end(sharing, day, &any);
        if (any)
            slices[count++] = (struct slice){ day, end - day };
    }
    return count;
}

/* Its candidates compete, and those that remain share it by weight. */
static void slice_share(struct sharing *sharing, const struct slice *slice, int64_t amount)
{
    struct placed *placed = sharing->placed;
    size_t count = 0;
    for (size_t i = 0; i < sharing->count; i++)
        if (!placed->prorated || is_inside(sharing->candidates[i], slice->from))
            sharing->here[count++] = sharing->candidates[i];
    count = candidates_remove(sharing->history, placed, sharing->here, count, sharing->left, loses_prefer);
    count = candidates_remove(sharing->history, placed, sharing->left, count, sharing->here, loses_first);
    must(count > 0); /* a book with a ring of prefer has been refused */
    for (size_t i = 0; i < count; i++)
        sharing->weights[i] = sharing->here[i]->definition->weight;
    share_split(amount, sharing->weights, count, sharing->cents + count, sharing->cents);
    for (size_t i = 0, at = 0; i < count; i++) {
        while (placed->shares[at].episode != sharing->here[i])
            at++;
        placed->shares[at].cents += sharing->cents[i];
        placed->shares[at].days += slice->days;
    }
}

/* All days of a line that is not prorated are one slice. */
static void slices_share(struct sharing *sharing)
{
    const struct declaration *line = placed_declaration(sharing->placed);
    struct arena *arena = sharing->history->arena;
    int32_t days = line->end_date - line->start_date + 1, left = days;
    struct slice whole = { line->start_date, days };
    if (!sharing->placed->prorated) {
        slice_share(sharing, &whole, line->amount);
        return;
    }
    struct slice *slices = ARENA_ARRAY(arena, struct slice, 2 * sharing->count);
    size_t count = slices_cut(sharing, slices), all = count;
    int32_t *weights = ARENA_ARRAY(arena, int32_t, count + 1);
    int64_t *amounts = ARENA_ARRAY(arena, int64_t, 2 * (count + 1));
    for (size_t i = 0; i < count; i++) {
        weights[i] = slices[i].days;
        left -= slices[i].days;
    }
    if (left > 0)
        weights[all++] = left;
    share_split(line->amount, weights, all, amounts + all, amounts);
    for (size_t i = 0; i < count; i++)
        slice_share(sharing, &slices[i], amounts[i]);
    if (left > 0)
        sharing->placed->outside = amounts[count];
}

/* Each candidate once, with the sum of its slices, if it has any. */
static void shares_set(struct history *history, struct placed *placed, struct episode *candidates[],
                       size_t count)
{
    struct arena *arena = history->arena;
    struct sharing sharing = { history, placed, candidates, count,
                               ARENA_ARRAY(arena, struct episode *, count),
                               ARENA_ARRAY(arena, struct episode *, count),
                               ARENA_ARRAY(arena, int32_t, count), ARENA_ARRAY(arena, int64_t, 2 * count) };
    placed->shares = ARENA_ARRAY(arena, struct placed_share, count);
    for (size_t i = 0; i < count; i++)
        placed->shares[i] = (struct placed_share){
            candidates[i], 0, is_covered(history->rules->book, candidates[i], placed_declaration(placed)), 0
        };
    slices_share(&sharing);
    for (size_t i = 0; i < count; i++)
        if (placed->shares[i].days > 0)
            placed->shares[placed->shares_count++] = placed->shares[i];
    placed->status = placed->shares_count == 1 && placed->outside == 0 ? STATUS_BUNDLED : STATUS_SPLIT;
}

static void care_place(struct history *history, const struct lane *lane, struct placed *placed,
                       struct episode *room[])
{
    const struct book *book = history->rules->book;
    size_t count = candidates_find(book, lane, placed, room, &placed->reason);
    if (count == 0) {
        placed->status = STATUS_FEE_FOR_SERVICE;
        return;
    }
    for (size_t i = 0; i < count; i++)
        placed->prorated = placed->prorated || prorates(room[i], placed);
    if (placed->prorated) /* so all are asked with the period */
        count = candidates_find(book, lane, placed, room, &placed->reason);
    placed->reason = REASON_NONE;
    shares_set(history, placed, room, count);
}

void lane_allocate(struct history *history, struct lane *lane)
{
    struct episode **room = ARENA_ARRAY(history->arena, struct episode *, lane->episodes_count);
    lane_rank(history, lane);
    prices_place(history, lane);
    for (size_t i = 0; i < lane->lines_count; i++)
        if (!lane->lines[i]->price)
            care_place(history, lane, lane->lines[i], room);
}
