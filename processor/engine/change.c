#include "engine/change.h"

#include "base/array.h"
#include "base/memory.h"
#include "base/must.h"
#include "engine/calendar.h"
#include "engine/engine_internal.h"
#include "engine/forget.h"
#include "engine/money.h"
#include "engine/snapshot_blocks.h"
#include "engine/recompute.h"
#include "engine/sending.h"

/* --- recompute, send, remember --- */

/* What axiom 3 says of a history; stops when it does not hold. */
static struct person_sums history_sums(const struct history *history)
{
    struct person_sums sums = { 0 };
    for (size_t i = 0; i < history->standing_count; i++) {
        const struct placed *placed = history->standing[i];
        if (placed->price)
            continue;
        sums.standing = cents_add(sums.standing, placed_declaration(placed)->amount);
        sums.outside = cents_add(sums.outside, placed->shares_count ? placed->outside : placed->payable);
    }
    for (size_t i = 0; i < history->lanes_count; i++)
        for (size_t k = 0; k < history->lanes[i].episodes_count; k++)
            sums.cost = cents_add(sums.cost, history->lanes[i].episodes[k]->cost);
    must(sums.standing == cents_add(sums.cost, sums.outside)); /* axiom 3 of §0 */
    return sums;
}

static void person_schedule(struct person *person, const struct history *history)
{
    int32_t due = history_due(history);
    person->has_rest = history_has_rest(history);
    person->forget_due = history_forget_due(history);
    person->due = due < person->forget_due ? due : person->forget_due;
}

static void decisions_send(struct sending *sending, const struct line *line, const struct repeat *repeat)
{
    for (size_t i = 0; i < sending->history->lines_count; i++)
        sending_decision(sending, &sending->history->lines[i]);
    if (repeat)
        sending_repeat(sending, line, repeat);
    sending_flush(sending);
}

static void episodes_send(struct sending *sending)
{
    for (size_t i = 0; i < sending->history->lanes_count; i++) {
        const struct lane *lane = &sending->history->lanes[i];
        for (size_t k = 0; k < lane->episodes_count; k++)
            sending_episode(sending, lane->insurer, lane->episodes[k]);
    }
    sending_void_episodes(sending);
    sending_flush(sending);
}

void person_change(struct person *person, const struct change *change, const struct line *line,
                   const struct repeat *repeat)
{
    struct history history;
    struct alert_set set;
    struct sending sending = { .person = person, .change = change, .history = &history };
    history_compute(&history, change->rules, change->scratch, person->insured, change->as_of, person->lines,
                    person->lines_count);
    alerts_raise(&history, &set);
    sending_match_episodes(&sending);
    decisions_send(&sending, line, repeat);
    size_t first = change->outputs->count;
    episodes_send(&sending);
    sending_alerts(&sending, &set, NULL);
    sending_settlements(&sending, first);
    sending_flush(&sending);
    person->sums = history_sums(&history);
    person_schedule(person, &history);
}

/* --- forgetting (§2) --- */

/* Which lines go, and whether everything that is no such line goes with them. */
struct going {
    const struct history *history;
    const bool *gone;
    bool rest;
};

static bool alert_goes(const void *context, const struct sent_alert *sent)
{
    const struct going *going = context;
    if (!sent->line)
        return going->rest;
    for (size_t i = 0; i < going->history->lines_count; i++)
        if (going->history->lines[i].line == sent->line)
            return going->gone[i];
    return false;
}

static void lines_drop(struct person *person, struct pool *pool, const bool gone[], forgotten_fn *forgotten,
                       void *context)
{
    uint32_t kept = 0, count = person->lines_count;
    for (uint32_t i = 0; i < count; i++) {
        if (gone[i])
            forgotten(context, person, person->lines[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (gone[i])
            line_free(pool, person->lines[i]);
        else
            person->lines[kept++] = person->lines[i];
    }
    person->lines_count = kept;
}

bool person_forget(struct person *person, const struct change *change, forgotten_fn *forgotten, void *context)
{
    struct history history;
    history_compute(&history, change->rules, change->scratch, person->insured, change->as_of, person->lines,
                    person->lines_count);
    bool *gone = ARENA_ARRAY(change->scratch, bool, history.lines_count);
    bool rest_gone = history_forgets(&history, gone);
    sent_alerts_drop(person, change->pool, alert_goes, &(struct going){ &history, gone, rest_gone });
    if (rest_gone)
        sent_episodes_drop(person, change->pool);
    lines_drop(person, change->pool, gone, forgotten, context);
    history_compute(&history, change->rules, change->scratch, person->insured, change->as_of, person->lines,
                    person->lines_count);
    person->sums = history_sums(&history);
    person_schedule(person, &history);
    return person->lines_count == 0;
}

static bool every_alert(const void *context, const struct sent_alert *sent)
{
    (void)context;
    return sent != NULL;
}

void person_release(struct person *person, struct pool *pool)
{
    for (uint32_t i = 0; i < person->lines_count; i++)
        line_free(pool, person->lines[i]);
    sent_alerts_drop(person, pool, every_alert, NULL);
    sent_episodes_drop(person, pool);
    pool_free(pool, person->lines, person->lines_capacity * sizeof(*person->lines));
    pool_free(pool, person->episodes, person->episodes_capacity * sizeof(*person->episodes));
    pool_free(pool, person->alerts, person->alerts_capacity * sizeof(*person->alerts));
    pool_free_bytes(pool, person->insured);
    pool_free(pool, person, sizeof(*person));
}

/* --- a person of an engine, in its table and its sums --- */

struct change change_begin(struct engine *engine, struct bytes cause, struct outputs *outputs)
{
    arena_clear(&engine->scratch);
    return (struct change){ .rules = &engine->rules,
                            .pool = &engine->pool,
                            .scratch = &engine->scratch,
                            .outputs = outputs,
                            .cause = cause,
                            .as_of = engine->as_of,
                            .bundles_only = engine->bundles_only };
}

void engine_sums_move(struct engine *engine, struct person_sums before, struct person_sums after)
{
    struct engine_sums *sums = &engine->sums;
    sums->standing = cents_add(sums->standing, cents_subtract(after.standing, before.standing));
    sums->cost = cents_add(sums->cost, cents_subtract(after.cost, before.cost));
    sums->payable_outside = cents_add(sums->payable_outside, cents_subtract(after.outside, before.outside));
}

void engine_forget_later(struct engine *engine, const struct person *person)
{
    if (person->forget_due > engine->as_of)
        return;
    ARRAY_ROOM(engine->forgetting, engine->forgetting_count, engine->forgetting_capacity);
    engine->forgetting[engine->forgetting_count++] = person->slot;
}

void engine_change_person(struct engine *engine, struct person *person, struct bytes cause,
                          const struct line *line, const struct repeat *repeat, struct outputs *outputs)
{
    struct change change = change_begin(engine, cause, outputs);
    struct person_sums before = person->sums;
    snapshot_person_touch(engine, person);
    int32_t due_before = persons_due_before(person);
    person_change(person, &change, line, repeat);
    engine_sums_move(engine, before, person->sums);
    persons_schedule(&engine->persons, person, due_before);
    engine_forget_later(engine, person);
}
