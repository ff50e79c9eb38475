#include "engine/settlement.h"

#include "base/must.h"
#include "engine/calendar.h"
#include "engine/money.h"
#include "engine/side.h"

static const struct stratum *stratum_of(const struct contract *contract, const struct episode *episode)
{
    int32_t age = age_on(placed_declaration(episode->opening)->birth_date, episode->opened_on);
    for (size_t i = 0; i < contract->strata_count; i++)
        if (contract->strata[i].min_age <= age && age <= contract->strata[i].max_age)
            return &contract->strata[i];
    must(!"strata leave out no age that the bundle admits (book)");
    return NULL;
}

/* Lines of any side (§6). */
const struct placed *factor_line(const struct lane *lane, const struct episode *episode,
                                 const struct factor *factor)
{
    int32_t look_back_days =
        factor->look_back_days == ABSENT ? episode->definition->look_back_days : factor->look_back_days;
    for (size_t i = 0; i < lane->lines_count; i++) {
        int32_t start = placed_start(lane->lines[i]);
        if (start >= episode->opened_on - look_back_days && start <= episode->opened_on &&
            line_accepted_by(lane->lines[i]->line, factor->criterion))
            return lane->lines[i];
    }
    return NULL;
}

static void set_budget(const struct lane *lane, struct episode *episode)
{
    const struct contract *contract = episode->contract;
    int64_t add = 0, permille = 0;
    episode->stratum = stratum_of(contract, episode);
    for (size_t i = 0; i < contract->factors_count; i++) {
        if (!factor_line(lane, episode, &contract->factors[i]))
            continue;
        add = cents_add(add, contract->factors[i].add);
        permille += contract->factors[i].permille;
    }
    int64_t amount = episode->stratum->amount;
    episode->budget = cents_add(cents_add(amount, add), cents_permille(amount, permille));
}

int64_t episode_stop_loss_limit(const struct episode *episode)
{
    const struct contract *contract = episode->contract;
    return contract->stop_loss_permille != ABSENT
               ? cents_permille(episode->budget, contract->stop_loss_permille)
               : contract->stop_loss_amount;
}

static void set_result(struct episode *episode)
{
    int64_t excess = 0;
    if (episode->contract->has_stop_loss && episode->cost > episode_stop_loss_limit(episode))
        excess = episode->cost - episode_stop_loss_limit(episode);
    episode->charged = episode->cost - cents_permille(excess, episode->contract->stop_loss_insurer_permille);
    episode->result = cents_subtract(episode->budget, episode->charged);
}

static uint8_t state_on(const struct episode *episode, int32_t as_of)
{
    if (as_of <= episode->closes_on)
        return STATE_OPEN;
    return as_of <= episode->closes_on + episode->definition->run_out_days ? STATE_RUN_OUT : STATE_SETTLED;
}

static void set_projected(const struct history *history, struct episode *episode)
{
    episode->reference =
        reference_of_stratum(history->rules->reference, episode->bundle->id, episode->stratum->label);
    if (!episode->reference)
        return;
    episode->has_projected = true;
    episode->projected = episode->cost;
    if (episode->state == STATE_SETTLED)
        return;
    int32_t completion =
        reference_completion_permille(episode->reference, episode->opened_on, history->as_of);
    episode->projected =
        cents_add(episode->cost, cents_permille(episode->reference->mean, 1000 - completion));
}

bool episode_base(const struct lane *lane, const struct episode *episode, int32_t after, int32_t *ret_day)
{
    *ret_day = episode->opened_on;
    for (size_t i = 0; i < lane->lines_count && after != ABSENT; i++) {
        const struct placed *placed = lane->lines[i];
        if (placed_start(placed) < episode->opened_on || placed_start(placed) > episode->closes_on ||
            !line_accepted_by(placed->line, after) || !episode_compatible(episode, placed))
            continue;
        *ret_day = placed_start(placed);
        return true;
    }
    return after == ABSENT;
}

int64_t share_quantity(const struct placed *placed, const struct episode *episode)
{
    const struct declaration *line = placed_declaration(placed);
    int64_t days = line->end_date - line->start_date + 1;
    for (size_t i = 0; i < placed->shares_count; i++)
        if (placed->shares[i].episode == episode)
            return (2 * (int64_t)line->quantity * placed->shares[i].days + days) / (2 * days);
    return 0;
}

bool placed_has_share(const struct placed *placed, const struct episode *episode)
{
    for (size_t i = 0; i < placed->shares_count; i++)
        if (placed->shares[i].episode == episode)
            return true;
    return false;
}

static struct maybe measure_sum(const struct lane *lane, const struct episode *episode,
                                const struct measure_entry *entry)
{
    int64_t sum = 0;
    for (size_t i = 0; i < lane->lines_count; i++) {
        const struct placed *placed = lane->lines[i];
        if (line_accepted_by(placed->line, entry->criterion) && placed_has_share(placed, episode))
            sum += entry->take == TAKE_QUANTITY ? share_quantity(placed, episode) : 1;
    }
    return (struct maybe){ true, sum };
}

static struct maybe measure_first_day(const struct lane *lane, const struct episode *episode,
                                      const struct measure_entry *entry)
{
    int32_t base;
    if (!episode_base(lane, episode, entry->after, &base))
        return (struct maybe){ 0 };
    for (size_t i = 0; i < lane->lines_count; i++) { /* in care order, so the first is the earliest */
        const struct placed *placed = lane->lines[i];
        if (placed_start(placed) >= base && placed_start(placed) <= episode->closes_on &&
            line_accepted_by(placed->line, entry->criterion) && episode_compatible(episode, placed))
            return (struct maybe){ true, placed_start(placed) - base };
    }
    return (struct maybe){ 0 };
}

static void set_measures(struct history *history, const struct lane *lane, struct episode *episode)
{
    const struct definition *definition = episode->definition;
    episode->measures = ARENA_ARRAY(history->arena, struct measure, definition->measures_count);
    for (size_t i = 0; i < definition->measures_count; i++) {
        const struct measure_entry *entry = &definition->measures[i];
        episode->measures[i].name = entry->name;
        episode->measures[i].value = entry->take == TAKE_FIRST_DAY ? measure_first_day(lane, episode, entry)
                                                                   : measure_sum(lane, episode, entry);
    }
}

void episode_settle(const struct history *history, struct episode *episode)
{
    if (!episode->contract)
        return;
    set_result(episode);
    set_projected(history, episode);
}

void lane_settle(struct history *history, struct lane *lane)
{
    for (size_t i = 0; i < lane->episodes_count; i++) {
        struct episode *episode = lane->episodes[i];
        episode->state = state_on(episode, history->as_of);
        set_measures(history, lane, episode);
        if (episode->contract)
            set_budget(lane, episode);
        episode_settle(history, episode);
    }
}
