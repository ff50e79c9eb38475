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

enum candidate_condition candidate_condition(const struct book *book, const struct episode *episode,
                                             const struct placed *placed)
{
    const struct definition *definition = episode->definition;
    if (placed_start(placed) < episode->opens_window)
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

static int64_t inside_of(const struct episode *episode, const struct declaration *line, int64_t share)
{
    bool prorated =
        (episode->definition->scope_prorate >> line->care_type & 1) && line->end_date > episode->closes_on;
    if (!prorated)
        return share;
    return share_inside(share, episode->closes_on - line->start_date + 1,
                        line->end_date - line->start_date + 1);
}

static bool is_covered(const struct book *book, const struct episode *episode, const struct declaration *line)
{
    return episode->contract && episode->contract->prospective && is_listed(book, episode, line);
}

static void shares_set(struct history *history, struct placed *placed, struct episode *const owners[],
                       size_t count)
{
    const struct declaration *line = placed_declaration(placed);
    int32_t *weights = ARENA_ARRAY(history->arena, int32_t, count);
    int64_t *cents = ARENA_ARRAY(history->arena, int64_t, 2 * count);
    for (size_t i = 0; i < count; i++)
        weights[i] = owners[i]->definition->weight;
    share_split(line->amount, weights, count, cents + count, cents);
    placed->shares = ARENA_ARRAY(history->arena, struct placed_share, count);
    placed->shares_count = count;
    for (size_t i = 0; i < count; i++) {
        int64_t inside = inside_of(owners[i], line, cents[i]);
        placed->shares[i] =
            (struct placed_share){ owners[i], inside, is_covered(history->rules->book, owners[i], line) };
        placed->outside += cents[i] - inside;
    }
    placed->status = count == 1 && placed->outside == 0 ? STATUS_BUNDLED : STATUS_SPLIT;
}

static void care_place(struct history *history, const struct lane *lane, struct placed *placed,
                       struct episode *room[])
{
    struct episode **other_room = room + lane->episodes_count;
    size_t count = candidates_find(history->rules->book, lane, placed, room, &placed->reason);
    if (count == 0) {
        placed->status = STATUS_FEE_FOR_SERVICE;
        return;
    }
    placed->reason = REASON_NONE;
    count = candidates_remove(history, placed, room, count, other_room, loses_prefer);
    count = candidates_remove(history, placed, other_room, count, room, loses_first);
    must(count > 0); /* a book with a ring of prefer has been refused */
    shares_set(history, placed, room, count);
}

void lane_allocate(struct history *history, struct lane *lane)
{
    struct episode **room = ARENA_ARRAY(history->arena, struct episode *, 2 * lane->episodes_count);
    lane_rank(history, lane);
    prices_place(history, lane);
    for (size_t i = 0; i < lane->lines_count; i++)
        if (!lane->lines[i]->price)
            care_place(history, lane, lane->lines[i], room);
}
