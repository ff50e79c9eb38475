#include "engine/append.h"

#include "base/must.h"
#include "engine/after_end.h"
#include "engine/allocation.h"
#include "engine/decision.h"
#include "engine/duplicate.h"
#include "engine/lane.h"
#include "engine/money.h"
#include "engine/sending.h"
#include "engine/settlement.h"

/* --- the sets, once a book --- */

static void set_add(uint64_t set[], int32_t criterion)
{
    if (criterion != ABSENT)
        set[criterion >> 6] |= 1ull << (criterion & 63);
}

static void add_opens(struct append_rules *rules, const struct definition *definition)
{
    set_add(rules->opens, definition->opens_criterion);
    set_add(rules->opens, definition->confirm.criterion);
    set_add(rules->opens, definition->attribute.criterion);
    for (size_t i = 0; i < definition->excludes_count; i++)
        set_add(rules->opens, definition->excludes[i].criterion);
}

static void add_measures(struct append_rules *rules, const struct definition *definition)
{
    for (size_t i = 0; i < definition->measures_count; i++) {
        if (definition->measures[i].take == TAKE_FIRST_DAY)
            set_add(rules->touches, definition->measures[i].criterion);
        set_add(rules->touches, definition->measures[i].after);
    }
}

static void add_touches(struct append_rules *rules, const struct definition *definition)
{
    set_add(rules->touches, definition->extend_criterion);
    set_add(rules->touches, definition->stepped_invasive);
    set_add(rules->touches, definition->stepped_conservative);
    for (size_t i = 0; i < definition->ends_count; i++)
        set_add(rules->touches, definition->ends[i].criterion);
    for (size_t i = 0; i < definition->expects_count; i++)
        set_add(rules->touches, definition->expects[i].criterion);
    for (size_t i = 0; i < definition->outcomes_count; i++) {
        set_add(rules->touches, definition->outcomes[i].criterion);
        set_add(rules->touches, definition->outcomes[i].after);
    }
    add_measures(rules, definition);
}

void append_rules_init(struct append_rules *rules, const struct book *book, size_t words, struct arena *arena)
{
    size_t bytes = words * sizeof(uint64_t);
    *rules = (struct append_rules){ arena_zeroed(arena, bytes), arena_zeroed(arena, bytes),
                                    arena_zeroed(arena, bytes), words };
    for (size_t b = 0; b < book->bundles_count; b++) {
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++) {
            add_opens(rules, &book->bundles[b].definitions[d]);
            add_touches(rules, &book->bundles[b].definitions[d]);
        }
    }
    for (size_t i = 0; i < book->ends_care_count; i++) {
        set_add(rules->opens, book->ends_care[i].criterion);
        set_add(rules->opens, book->ends_care[i].resumes);
    }
    for (size_t c = 0; c < book->contracts_count; c++) {
        set_add(rules->opens, book->contracts[c].price_criterion);
        for (size_t f = 0; f < book->contracts[c].factors_count; f++)
            set_add(rules->factors, book->contracts[c].factors[f].criterion);
    }
}

/* --- may this line be appended? --- */

static bool is_in(const struct line *line, const uint64_t set[], size_t words)
{
    for (size_t i = 0; i < words; i++)
        if (line->criteria[i] & set[i])
            return true;
    return false;
}

static bool is_of_lane(const struct sent_episode *sent, const struct line *line)
{
    return sent->last.insurer == line->declaration.insurer && sent->last.state != STATE_VOID;
}

static bool meets_episode(const struct person *person, const struct line *line,
                          const struct append_rules *rules)
{
    bool touches = is_in(line, rules->touches, rules->words),
         factor = is_in(line, rules->factors, rules->words);
    for (uint32_t i = 0; i < person->episodes_count && (touches || factor); i++) {
        const struct sent_episode *sent = &person->episodes[i];
        if (is_of_lane(sent, line) &&
            (touches || (sent->contract && line->declaration.start_date <= sent->last.opened_on)))
            return true;
    }
    return false;
}

/* Signals look at all products of an episode at once. */
static bool counts_for_signals(const struct person *person, const struct line *line)
{
    for (uint32_t i = 0; i < person->episodes_count && line->declaration.care_type == CARE_HOSPITAL_DBC;
         i++) {
        const struct definition *definition = person->episodes[i].definition;
        if (is_of_lane(&person->episodes[i], line) &&
            (definition->max_specialisms != ABSENT || definition->max_hospitals != ABSENT))
            return true;
    }
    return false;
}

/* Alerts about care look at other lines than those of an episode: here a credit that takes nothing back, and
 * may be about this line; a line with another birth date; a product of its trajectory that was taken back. */
static bool is_looked_at(const struct person *person, const struct line *line)
{
    const struct declaration *new = &line->declaration;
    for (uint32_t i = 0; i + 1 < person->lines_count; i++) {
        const struct line *other = person->lines[i];
        const struct declaration *old = &other->declaration;
        if (other->sent.status == STATUS_CREDIT_MISMATCH && old->start_date == new->start_date)
            return true;
        if (old->birth_date != new->birth_date && old->kind == KIND_DEBIT && !other->no_rule)
            return true;
        if (other->sent.status == STATUS_CREDITED && old->care_type == CARE_HOSPITAL_DBC &&
            !bytes_is_null(new->trajectory) && bytes_equal(old->trajectory, new->trajectory))
            return true;
    }
    return false;
}

static bool may_append(const struct person *person, const struct append_rules *rules, const struct book *book)
{
    struct line *line = person->lines[person->lines_count - 1];
    if (line->declaration.kind != KIND_DEBIT || line->out_of_horizon || line->no_rule || !person->has_rest)
        return false;
    if (is_in(line, rules->opens, rules->words) || meets_episode(person, line, rules) ||
        counts_for_signals(person, line) || is_looked_at(person, line))
        return false;
    return !line_has_double(book, line, person->lines, person->lines_count - 1) &&
           !line_may_be_after_end(book, line, person->lines, person->lines_count - 1);
}

/* --- the episodes of its insurer, as they were sent --- */

static struct placed *placed_of(struct arena *arena, const struct line *line)
{
    struct placed *placed = arena_zeroed(arena, sizeof(*placed));
    union {
        const struct line *constant;
        struct line *line;
    } same = { line };
    placed->line = same.line;
    placed->status = STATUS_COUNT;
    return placed;
}

static void episode_restore(struct history *history, struct lane *lane, const struct sent_episode *sent,
                            uint32_t at)
{
    const struct episode_output *last = &sent->last;
    struct episode *episode = lane_add_episode(history, lane);
    *episode = (struct episode){
        .bundle_at = sent->bundle_at,
        .bundle = &history->rules->book->bundles[sent->bundle_at],
        .definition = sent->definition,
        .opening = placed_of(history->arena, sent->opening),
        .side = last->side.data[0],
        .opened_on = last->opened_on,
        .opens_window = last->opens_window,
        .closes_on = last->closes_on,
        .key = last->episode,
        .ended_by = last->ended_by,
        .provider = last->provider,
        .contract = sent->contract,
        .stratum = sent->stratum,
        .budget = last->budget.value,
        .cost = last->cost,
        .covered = last->covered,
        .price = last->price,
        .lines = last->lines,
        .first_price = sent->first_price ? placed_of(history->arena, sent->first_price) : NULL,
        .state = last->state,
        .sent = at,
    };
    episode->measures = ARENA_ARRAY(history->arena, struct measure, last->measures_count);
    if (last->measures_count)
        memcpy(episode->measures, last->measures, last->measures_count * sizeof(struct measure));
}

static void history_restore(struct history *history, const struct person *person, const struct change *change)
{
    struct line *line = person->lines[person->lines_count - 1];
    struct lane *lane = arena_zeroed(change->scratch, sizeof(*lane));
    *history = (struct history){
        .rules = change->rules, .arena = change->scratch, .insured = person->insured, .as_of = change->as_of
    };
    history->lines = placed_of(change->scratch, line);
    history->lines_count = 1;
    history->lines->standing = true;
    lane->insurer = line->declaration.insurer;
    lane->lines = ARENA_ARRAY(change->scratch, struct placed *, 1);
    lane->lines[0] = history->lines;
    lane->lines_count = 1;
    history->lanes = lane;
    history->lanes_count = 1;
    for (uint32_t i = 0; i < person->episodes_count; i++)
        if (is_of_lane(&person->episodes[i], line))
            episode_restore(history, lane, &person->episodes[i], i);
}

/* --- what it changes --- */

/* Sums only: nothing that the line meets is a first day. */
static void measures_move(struct episode *episode, const struct placed *placed)
{
    for (size_t i = 0; i < episode->definition->measures_count; i++) {
        const struct measure_entry *entry = &episode->definition->measures[i];
        if (entry->take != TAKE_FIRST_DAY && line_accepted_by(placed->line, entry->criterion))
            episode->measures[i].value.value +=
                entry->take == TAKE_QUANTITY ? share_quantity(placed, episode) : 1;
    }
}

static void episodes_move(struct history *history, const struct placed *placed)
{
    for (size_t i = 0; i < placed->shares_count; i++) {
        measures_move(placed->shares[i].episode, placed);
        episode_settle(history, placed->shares[i].episode);
    }
}

/* Of the alerts that are sent, those that this line can clear: what depends on the cost and the sums of an
 * episode with a share. */
static bool may_clear(const struct sending *sending, const struct sent_alert *sent)
{
    const struct placed *placed = sending->history->lines;
    if (alert_rows[sent->last.type].depends != DEPENDS_COST ||
        sent->last.insurer != placed_declaration(placed)->insurer)
        return false;
    for (size_t i = 0; i < placed->shares_count; i++)
        if (bytes_equal(placed->shares[i].episode->key, sent->last.episode))
            return true;
    return false;
}

static void append_send(struct sending *sending, struct alert_set *set)
{
    const struct placed *placed = sending->history->lines;
    sending_decision(sending, placed);
    sending_flush(sending);
    size_t first = sending->change->outputs->count;
    for (size_t i = 0; i < placed->shares_count; i++)
        sending_episode(sending, placed_declaration(placed)->insurer, placed->shares[i].episode);
    sending_flush(sending);
    sending_alerts(sending, set, may_clear);
    sending_settlements(sending, first);
    sending_flush(sending);
}

static void sums_add(struct person_sums *sums, const struct placed *placed)
{
    int64_t amount = placed_declaration(placed)->amount;
    int64_t outside = placed->shares_count ? placed->outside : placed->payable;
    sums->standing = cents_add(sums->standing, amount);
    sums->outside = cents_add(sums->outside, outside);
    sums->cost = cents_add(sums->cost, amount - outside);
}

/* What is due stays due: the line adds nothing to the due queue, and the rest of the person is forgotten
 * later, if anything. */
bool person_append(struct person *person, const struct append_rules *rules, const struct change *change)
{
    struct history history;
    struct alert_set set;
    struct sending sending = { .person = person, .change = change, .history = &history };
    if (!may_append(person, rules, change->rules->book))
        return false;
    history_restore(&history, person, change);
    lane_allocate(&history, &history.lanes[0]);
    must(!history.lines->price);
    decisions_account(&history);
    episodes_move(&history, history.lines);
    alerts_raise_of_line(&history, &set);
    append_send(&sending, &set);
    sums_add(&person->sums, history.lines);
    return true;
}
