#include "engine/alert.h"

#include "base/sort.h"
#include "engine/calendar.h"
#include "engine/money.h"
#include "engine/settlement.h"
#include "engine/side.h"

static struct maybe is(int64_t value)
{
    return (struct maybe){ true, value };
}

static const struct maybe null = { 0 };

/* --- putting one into the set --- */

static struct raised *set_add(struct alert_set *set)
{
    struct arena *arena = set->history->arena;
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : 8;
        struct raised **items = ARENA_ARRAY(arena, struct raised *, capacity);
        if (set->count)
            memcpy(items, set->items, set->count * sizeof(*items));
        set->items = items;
        set->capacity = capacity;
    }
    struct raised *raised = arena_zeroed(arena, sizeof(*raised));
    set->items[set->count++] = raised;
    raised->alert.insured = set->history->insured;
    raised->alert.action = ACTION_RAISED;
    return raised;
}

/* Parts that are null are left out; the rest is joined by `/`. */
static struct bytes subject_of(struct arena *arena, struct bytes a, struct bytes b, struct bytes c)
{
    struct text text = text_begin(arena);
    text_add(&text, a);
    if (!bytes_is_null(b)) {
        TEXT_ADD(&text, "/");
        text_add(&text, b);
    }
    if (!bytes_is_null(c)) {
        TEXT_ADD(&text, "/");
        text_add(&text, c);
    }
    return text_end(&text);
}

static void raised_of_episode(struct raised *raised, const struct episode *episode)
{
    const struct contract *contract = episode->contract;
    raised->episode = episode;
    raised->alert.bundle = episode->bundle->id;
    raised->alert.episode = episode->key;
    raised->alert.contract = contract ? contract->id : BYTES_NULL;
    raised->alert.contractor = contract ? contract->contractor : BYTES_NULL;
}

/* What an alert about an episode is raised with; `part` and `line` are the rest of its subject. */
struct about {
    const struct lane *lane;
    const struct episode *episode;
    struct bytes part;
    const struct placed *line;
};

static void raise_episode(struct alert_set *set, const struct about *about, enum alert_type type, enum severity severity, struct maybe observed,
                          struct maybe limit, enum unit unit)
{
    struct raised *raised = set_add(set);
    const struct declaration *declaration = about->line ? placed_declaration(about->line) : NULL;
    struct bytes id = declaration ? declaration->declaration_id : BYTES_NULL;
    raised->alert.insurer = about->lane->insurer;
    raised->alert.type = (uint8_t)type;
    raised->alert.severity = (uint8_t)severity;
    raised->alert.observed = observed;
    raised->alert.limit = limit;
    raised->alert.unit = (uint8_t)unit;
    raised->alert.provider = declaration ? declaration->provider : about->episode->provider;
    raised->alert.declaration_id = id;
    raised->line = about->line ? about->line->line : NULL;
    raised->alert.subject = bytes_is_null(about->part) ? subject_of(set->history->arena, about->episode->key, id, BYTES_NULL)
                                                       : subject_of(set->history->arena, about->episode->key, about->part, id);
    raised_of_episode(raised, about->episode);
}

static struct raised *raise_line(struct alert_set *set, const struct line *line, enum alert_type type, struct bytes part, enum severity severity)
{
    struct raised *raised = set_add(set);
    const struct declaration *declaration = &line->declaration;
    raised->alert.insurer = declaration->insurer;
    raised->alert.type = (uint8_t)type;
    raised->alert.severity = (uint8_t)severity;
    raised->alert.observed = is(declaration->amount);
    raised->alert.unit = UNIT_CENTS;
    raised->alert.provider = declaration->provider;
    raised->alert.declaration_id = declaration->declaration_id;
    raised->line = line;
    raised->alert.subject = subject_of(set->history->arena, declaration->declaration_id, part, BYTES_NULL);
    return raised;
}

/* --- money of an episode --- */

static struct bytes number_part(struct arena *arena, int64_t number)
{
    struct text text = text_begin(arena);
    text_add_number(&text, number);
    return text_end(&text);
}

static void budget_threshold(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    const struct threshold *highest = NULL;
    for (size_t i = 0; i < episode->contract->thresholds_count; i++) {
        const struct threshold *threshold = &episode->contract->thresholds[i];
        if ((wide)episode->cost * 1000 >= (wide)episode->budget * threshold->permille && (!highest || threshold->permille > highest->permille))
            highest = threshold;
    }
    if (!highest)
        return;
    about.part = number_part(set->history->arena, highest->permille);
    raise_episode(set, &about, ALERT_budget_threshold, highest->severity, is(episode->cost), is(cents_permille(episode->budget, highest->permille)),
                  UNIT_CENTS);
}

static void stop_loss(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    if (episode->contract->has_stop_loss && episode->cost > episode_stop_loss_limit(episode))
        raise_episode(set, &about, ALERT_stop_loss, SEVERITY_CRITICAL, is(episode->cost), is(episode_stop_loss_limit(episode)), UNIT_CENTS);
}

static void projected_overrun(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    int64_t permille = 1000 + episode->contract->projection_margin;
    if (episode->state != STATE_SETTLED && episode->has_projected && episode->cost <= episode->budget &&
        (wide)episode->projected * 1000 > (wide)episode->budget * permille)
        raise_episode(set, &about, ALERT_projected_overrun, SEVERITY_WARNING, is(episode->projected),
                      is(cents_permille(episode->budget, permille)), UNIT_CENTS);
}

static void outlier_high(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    int64_t permille = episode->contract->outlier_permille;
    bool high = episode->reference ? episode->cost > episode->reference->p99
                                   : permille != ABSENT && (wide)episode->cost * 1000 > (wide)episode->budget * permille;
    if (!high)
        return;
    about.part = BYTES("high");
    raise_episode(set, &about, ALERT_episode_outlier, SEVERITY_WARNING, is(episode->cost),
                  is(episode->reference ? episode->reference->p99 : cents_permille(episode->budget, permille)), UNIT_CENTS);
}

static void outlier_low(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    about.part = BYTES("low");
    if (episode->reference && episode->state == STATE_SETTLED && bytes_is_null(episode->ended_by) && episode->cost < episode->reference->p05)
        raise_episode(set, &about, ALERT_episode_outlier, SEVERITY_INFO, is(episode->cost), is(episode->reference->p05), UNIT_CENTS);
}

static bool price_is_awaited(const struct episode *episode)
{
    return episode->contract && episode->contract->price_criterion != ABSENT && episode->contract->price_by_days != ABSENT && !episode->first_price;
}

static void price_missing(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    if (price_is_awaited(episode) && set->history->as_of > episode->opened_on + episode->contract->price_by_days)
        raise_episode(set, &about, ALERT_price_missing, SEVERITY_WARNING, null, is(episode->contract->price_by_days), UNIT_DAYS);
}

/* --- care of an episode --- */

static void outcome(struct alert_set *set, struct about about, const struct outcome_entry *entry)
{
    int32_t base;
    about.part = entry->name;
    if (!episode_base(about.lane, about.episode, entry->after, &base))
        return;
    for (size_t i = 0; i < about.lane->lines_count; i++) {
        const struct placed *placed = about.lane->lines[i];
        int32_t days = placed_start(placed) - base;
        if (placed == about.episode->opening || days < entry->from_day || days > entry->to_day ||
            !line_accepted_by(placed->line, entry->criterion) || !episode_compatible(about.episode, placed))
            continue;
        about.line = placed;
        raise_episode(set, &about, ALERT_outcome, SEVERITY_INFO, is(days), null, UNIT_DAYS);
    }
}

/* Lines of any side (§6). */
static bool care_is_missing(const struct lane *lane, const struct episode *episode, const struct expect_entry *entry)
{
    int32_t last = episode->opened_on + entry->by_day;
    if (episode->closes_on < last)
        return false;
    for (size_t i = 0; i < lane->lines_count; i++)
        if (placed_start(lane->lines[i]) >= episode->opened_on && placed_start(lane->lines[i]) <= last &&
            line_accepted_by(lane->lines[i]->line, entry->criterion))
            return false;
    return true;
}

static void missing_care(struct alert_set *set, struct about about, const struct expect_entry *entry)
{
    about.part = entry->name;
    if (set->history->as_of > about.episode->opened_on + entry->by_day + entry->wait_days && care_is_missing(about.lane, about.episode, entry))
        raise_episode(set, &about, ALERT_missing_care, SEVERITY_WARNING, null, is(entry->by_day), UNIT_DAYS);
}

static void measure(struct alert_set *set, struct about about, const struct measure_entry *entry, struct maybe value)
{
    about.part = entry->name;
    if (entry->at_most != ABSENT && value.known && value.value > entry->at_most)
        raise_episode(set, &about, ALERT_measure, SEVERITY_WARNING, value, is(entry->at_most), entry->take == TAKE_FIRST_DAY ? UNIT_DAYS : UNIT_COUNT);
}

/* Distinct values of a field among the HOSPITAL_DBC lines with a share. */
static int64_t distinct_count(struct alert_set *set, const struct about *about, struct bytes field(const struct declaration *))
{
    struct bytes *seen = ARENA_ARRAY(set->history->arena, struct bytes, about->lane->lines_count);
    size_t count = 0;
    for (size_t i = 0; i < about->lane->lines_count; i++) {
        const struct placed *placed = about->lane->lines[i];
        struct bytes value = field(placed_declaration(placed));
        if (placed_declaration(placed)->care_type != CARE_HOSPITAL_DBC || bytes_is_null(value) || !placed_has_share(placed, about->episode))
            continue;
        size_t k = 0;
        while (k < count && !bytes_equal(seen[k], value))
            k++;
        if (k == count)
            seen[count++] = value;
    }
    return (int64_t)count;
}

static struct bytes specialism_of(const struct declaration *declaration)
{
    return declaration->specialism;
}

static struct bytes provider_of(const struct declaration *declaration)
{
    return declaration->provider;
}

static void distinct(struct alert_set *set, struct about about, enum alert_type type, int32_t limit, struct bytes field(const struct declaration *))
{
    if (limit == ABSENT)
        return;
    int64_t count = distinct_count(set, &about, field);
    if (count > limit)
        raise_episode(set, &about, type, SEVERITY_INFO, is(count), is(limit), UNIT_COUNT);
}

static bool was_tried_before(const struct lane *lane, const struct episode *episode, const struct placed *invasive)
{
    const struct definition *definition = episode->definition;
    for (size_t i = 0; i < lane->lines_count; i++) {
        int32_t days_before = placed_start(invasive) - placed_start(lane->lines[i]);
        if (days_before >= 1 && days_before <= definition->stepped_days &&
            line_accepted_by(lane->lines[i]->line, definition->stepped_conservative) && episode_compatible(episode, lane->lines[i]))
            return true;
    }
    return false;
}

static void stepped_care(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    const struct definition *definition = episode->definition;
    for (size_t i = 0; i < about.lane->lines_count && definition->stepped_invasive != ABSENT; i++) {
        const struct placed *placed = about.lane->lines[i];
        if (placed_start(placed) < episode->opens_window || placed_start(placed) > episode->closes_on ||
            !line_accepted_by(placed->line, definition->stepped_invasive) || !episode_compatible(episode, placed) ||
            was_tried_before(about.lane, episode, placed))
            continue;
        raise_episode(set, &about, ALERT_stepped_care, SEVERITY_INFO, null, is(definition->stepped_days), UNIT_DAYS);
        return;
    }
}

static void raise_of_contract(struct alert_set *set, struct about about)
{
    budget_threshold(set, about);
    stop_loss(set, about);
    projected_overrun(set, about);
    outlier_high(set, about);
    outlier_low(set, about);
    price_missing(set, about);
}

static void raise_of_measures(struct alert_set *set, struct about about)
{
    const struct definition *definition = about.episode->definition;
    for (size_t i = 0; i < definition->measures_count; i++)
        measure(set, about, &definition->measures[i], about.episode->measures[i].value);
}

static void raise_of_care(struct alert_set *set, struct about about)
{
    const struct definition *definition = about.episode->definition;
    for (size_t i = 0; i < definition->outcomes_count; i++)
        outcome(set, about, &definition->outcomes[i]);
    for (size_t i = 0; i < definition->expects_count; i++)
        missing_care(set, about, &definition->expects[i]);
    raise_of_measures(set, about);
    distinct(set, about, ALERT_fragmentation, definition->max_specialisms, specialism_of);
    distinct(set, about, ALERT_second_hospital, definition->max_hospitals, provider_of);
    stepped_care(set, about);
}

static void raise_of_lane(struct alert_set *set, const struct lane *lane)
{
    for (size_t i = 0; i < lane->episodes_count; i++) {
        struct about about = { .lane = lane, .episode = lane->episodes[i] };
        if (about.episode->contract)
            raise_of_contract(set, about);
        raise_of_care(set, about);
    }
    for (size_t i = 0; i < lane->questions_count; i++) {
        struct about about = { .lane = lane, .episode = lane->questions[i].episode, .line = lane->questions[i].line };
        raise_episode(set, &about, ALERT_side_unknown, SEVERITY_INFO, null, null, UNIT_COUNT);
    }
}

/* --- lines --- */

static void double_payment(struct alert_set *set, const struct line *line, struct bytes kind, enum severity severity, int64_t prevented,
                           struct bytes evidence, const struct episode *episode)
{
    struct raised *raised = raise_line(set, line, ALERT_double_payment, kind, severity);
    raised->alert.prevented = is(prevented);
    raised->alert.evidence = evidence;
    if (episode)
        raised_of_episode(raised, episode);
}

static bool is_loose_payment(const struct placed_share *share)
{
    return share->covered && share->cents > 0 && share->episode->contract->loose_refused;
}

static void loose_beside_price(struct alert_set *set, const struct placed *placed)
{
    const struct episode *first = NULL;
    int64_t prevented = 0;
    for (size_t i = 0; i < placed->shares_count; i++) {
        if (!is_loose_payment(&placed->shares[i]))
            continue;
        first = first ? first : placed->shares[i].episode;
        prevented += placed->shares[i].cents;
    }
    if (!first)
        return;
    struct bytes evidence = first->first_price ? placed_declaration(first->first_price)->declaration_id : BYTES_NULL;
    double_payment(set, placed->line, BYTES("covered"), SEVERITY_WARNING, prevented, evidence, first);
}

static void repeats_raise(struct alert_set *set, const struct line *line)
{
    for (const struct repeat *repeat = line->repeats; repeat; repeat = repeat->next) {
        struct raised *raised = set_add(set);
        struct alert *alert = &raised->alert;
        bool costs = !repeat->conflicting && repeat->kind == KIND_DEBIT;
        alert->insurer = repeat->insurer;
        alert->type = ALERT_double_payment;
        alert->severity = repeat->conflicting ? SEVERITY_WARNING : SEVERITY_INFO;
        alert->observed = is(repeat->amount);
        alert->unit = UNIT_CENTS;
        alert->provider = repeat->provider;
        alert->declaration_id = line->declaration.declaration_id;
        alert->prevented = is(costs ? repeat->amount : 0);
        alert->evidence = line->declaration.declaration_id;
        alert->subject = subject_of(set->history->arena, repeat->id, repeat->conflicting ? BYTES("conflicting") : BYTES("repeated"), BYTES_NULL);
        raised->line = line;
    }
}

static bool may_wait(uint8_t status)
{
    return status == STATUS_HELD || status == STATUS_CREDIT_PENDING || status == STATUS_CREDIT_MISMATCH || status == STATUS_PRICE_UNPLACED;
}

/* The day after which it has waited too long, or DAY_NONE. */
static int32_t waits_until(const struct history *history, const struct placed *placed)
{
    int32_t waiting_days = history->rules->book->waiting_days;
    if (waiting_days == ABSENT || !may_wait(placed->status))
        return DAY_NONE;
    return moment_to_day(placed_declaration(placed)->submitted_at) + waiting_days;
}

static void raise_of_price(struct alert_set *set, const struct placed *placed)
{
    const struct line *line = placed->line;
    int64_t amount = line->declaration.amount;
    if (placed->status == STATUS_BUNDLE_PRICE_REPEATED)
        double_payment(set, line, BYTES("price_repeated"), SEVERITY_CRITICAL, amount, placed->evidence, placed->priced);
    if (placed->status == STATUS_BUNDLE_PRICE && amount != placed->priced->budget) {
        struct raised *raised = raise_line(set, line, ALERT_price_differs, BYTES_NULL, SEVERITY_WARNING);
        raised->alert.limit = is(placed->priced->budget);
        raised_of_episode(raised, placed->priced);
    }
}

static void raise_of_line(struct alert_set *set, const struct placed *placed)
{
    const struct declaration *declaration = placed_declaration(placed);
    int64_t p999 = -1;
    if (placed->surplus)
        double_payment(set, placed->line, BYTES("same_care"), SEVERITY_WARNING, placed->rule->hold ? declaration->amount : 0,
                       placed_declaration(placed->group_first)->declaration_id, NULL);
    if (placed->status == STATUS_CREDIT_EXCESS)
        double_payment(set, placed->line, BYTES("credit_excess"), SEVERITY_WARNING, 0, placed->evidence, NULL);
    if (placed->shares_count)
        p999 = reference_line_p999(set->history->rules->reference, declaration->care_type, declaration->care_code);
    if (p999 >= 0 && declaration->amount > p999)
        raise_line(set, placed->line, ALERT_line_outlier, BYTES_NULL, SEVERITY_INFO)->alert.limit = is(p999);
    if (set->history->as_of > waits_until(set->history, placed))
        raise_line(set, placed->line, ALERT_waiting, BYTES_NULL, SEVERITY_WARNING);
    loose_beside_price(set, placed);
    raise_of_price(set, placed);
    repeats_raise(set, placed->line);
}

struct bytes alert_key(struct arena *arena, const struct alert *alert)
{
    struct text key = text_begin(arena);
    text_add(&key, alert->insured);
    TEXT_ADD(&key, "/");
    text_add_number(&key, alert->insurer);
    TEXT_ADD(&key, "/");
    text_add(&key, alert_type_names[alert->type]);
    TEXT_ADD(&key, "/");
    text_add(&key, alert->subject);
    return text_end(&key);
}

static int key_compare(const void *a, const void *b)
{
    const struct raised *x = a, *y = b;
    return bytes_compare(x->key, y->key);
}

static void set_order(struct alert_set *set)
{
    struct arena *arena = set->history->arena;
    for (size_t i = 0; i < set->count; i++)
        set->items[i]->key = alert_key(arena, &set->items[i]->alert);
    sort_stable((const void **)set->items, set->count, key_compare, ARENA_ARRAY(arena, const void *, set->count));
}

void alerts_raise(struct history *history, struct alert_set *ret_set)
{
    *ret_set = (struct alert_set){ .history = history };
    for (size_t i = 0; i < history->lanes_count; i++)
        raise_of_lane(ret_set, &history->lanes[i]);
    for (size_t i = 0; i < history->lines_count; i++)
        raise_of_line(ret_set, &history->lines[i]);
    set_order(ret_set);
}

bool alert_depends_on_cost(uint8_t type)
{
    return type == ALERT_budget_threshold || type == ALERT_stop_loss || type == ALERT_projected_overrun || type == ALERT_episode_outlier ||
           type == ALERT_price_missing || type == ALERT_measure; /* price_missing does not, but is raised with them */
}

void alerts_raise_of_line(struct history *history, struct alert_set *ret_set)
{
    const struct placed *placed = history->lines;
    *ret_set = (struct alert_set){ .history = history };
    for (size_t i = 0; i < placed->shares_count; i++) {
        struct about about = { .lane = history->lanes, .episode = placed->shares[i].episode };
        if (about.episode->contract)
            raise_of_contract(ret_set, about);
        raise_of_measures(ret_set, about);
    }
    raise_of_line(ret_set, placed);
    set_order(ret_set);
}

/* --- what the clock changes (§9) --- */

static void due_after(int32_t *due, int32_t as_of, int64_t day)
{
    if (day > as_of && day < *due)
        *due = (int32_t)day;
}

/* Projections move once a week, until all is declared or the episode is settled. */
static void due_projection(int32_t *due, const struct history *history, const struct episode *episode)
{
    const struct episode_reference *reference = episode->reference;
    if (!episode->has_projected || episode->state == STATE_SETTLED)
        return;
    int32_t weeks = history->as_of < episode->opened_on ? 0 : (history->as_of - episode->opened_on) / 7;
    if (weeks * 7 <= reference->declared[reference->declared_count - 1].day)
        due_after(due, history->as_of, (int64_t)episode->opened_on + (weeks + 1) * 7);
}

static void due_episode(int32_t *due, const struct history *history, const struct lane *lane, const struct episode *episode)
{
    const struct definition *definition = episode->definition;
    due_after(due, history->as_of, (int64_t)episode->closes_on + 1);
    due_after(due, history->as_of, (int64_t)episode->closes_on + definition->run_out_days + 1);
    due_projection(due, history, episode);
    if (price_is_awaited(episode))
        due_after(due, history->as_of, (int64_t)episode->opened_on + episode->contract->price_by_days + 1);
    for (size_t i = 0; i < definition->expects_count; i++)
        if (care_is_missing(lane, episode, &definition->expects[i]))
            due_after(due, history->as_of, (int64_t)episode->opened_on + definition->expects[i].by_day + definition->expects[i].wait_days + 1);
}

int32_t history_due(const struct history *history)
{
    int32_t due = DAY_NONE;
    for (size_t i = 0; i < history->lanes_count; i++)
        for (size_t k = 0; k < history->lanes[i].episodes_count; k++)
            due_episode(&due, history, &history->lanes[i], history->lanes[i].episodes[k]);
    for (size_t i = 0; i < history->lines_count; i++)
        due_after(&due, history->as_of, (int64_t)waits_until(history, &history->lines[i]) + 1);
    return due;
}
