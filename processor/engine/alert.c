#include "engine/alert.h"

#include "base/array.h"
#include "base/sort.h"
#include "engine/calendar.h"
#include "engine/credit.h"
#include "engine/money.h"
#include "engine/provider.h"
#include "engine/settlement.h"
#include "engine/side.h"

static struct maybe is(int64_t value)
{
    return (struct maybe){ true, value };
}

static const struct maybe null = { 0 };

/* --- putting one into the set --- */

static struct raised *set_add(struct alert_set *set, enum alert_type type, struct maybe observed,
                              struct maybe limit)
{
    struct arena *arena = set->history->arena;
    ARENA_ARRAY_ROOM(arena, set->items, set->count, set->capacity);
    struct raised *raised = arena_zeroed(arena, sizeof(*raised));
    set->items[set->count++] = raised;
    raised_begin(raised, type);
    raised->alert.insured = set->history->insured;
    raised->alert.observed = observed;
    raised->alert.limit = limit;
    return raised;
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

static void raised_of_line(struct raised *raised, const struct line *line)
{
    const struct declaration *declaration = &line->declaration;
    raised->line = line;
    raised->id = raised->alert.declaration_id = declaration->declaration_id;
    raised->alert.provider = declaration->provider;
}

/* What an alert about an episode is raised with. */
struct about {
    const struct lane *lane;
    const struct episode *episode;
    const struct placed *line; /* the rest of its subject, or NULL */
};

static struct raised *raise_episode(struct alert_set *set, const struct about *about, enum alert_type type,
                                    struct maybe observed, struct maybe limit)
{
    struct raised *raised = set_add(set, type, observed, limit);
    raised->alert.insurer = about->lane->insurer;
    raised->alert.provider = about->episode->provider;
    if (about->line)
        raised_of_line(raised, about->line->line);
    raised_of_episode(raised, about->episode);
    return raised;
}

/* With a name of the book in its subject. */
static struct raised *raise_named(struct alert_set *set, const struct about *about, enum alert_type type,
                                  struct bytes name, struct maybe observed, struct maybe limit)
{
    struct raised *raised = raise_episode(set, about, type, observed, limit);
    raised->name = name;
    return raised;
}

static struct raised *raise_line(struct alert_set *set, const struct line *line, enum alert_type type,
                                 struct maybe limit)
{
    struct raised *raised = set_add(set, type, is(line->declaration.amount), limit);
    raised->alert.insurer = line->declaration.insurer;
    raised_of_line(raised, line);
    return raised;
}

/* --- money of an episode --- */

static void budget_threshold(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    const struct threshold *highest = NULL;
    for (size_t i = 0; i < episode->contract->thresholds_count; i++) {
        const struct threshold *threshold = &episode->contract->thresholds[i];
        if ((wide)episode->cost * 1000 >= (wide)episode->budget * threshold->permille &&
            (!highest || threshold->permille > highest->permille))
            highest = threshold;
    }
    if (!highest)
        return;
    struct raised *raised = raise_episode(set, &about, ALERT_budget_threshold, is(episode->cost),
                                          is(cents_permille(episode->budget, highest->permille)));
    raised->alert.severity = (uint8_t)highest->severity;
    raised->threshold = highest->permille;
}

static void stop_loss(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    if (episode->contract->has_stop_loss && episode->cost > episode_stop_loss_limit(episode))
        raise_episode(set, &about, ALERT_stop_loss, is(episode->cost), is(episode_stop_loss_limit(episode)));
}

static void projected_overrun(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    int64_t permille = 1000 + episode->contract->projection_margin;
    if (episode->state != STATE_SETTLED && episode->has_projected && episode->cost <= episode->budget &&
        (wide)episode->projected * 1000 > (wide)episode->budget * permille)
        raise_episode(set, &about, ALERT_projected_overrun, is(episode->projected),
                      is(cents_permille(episode->budget, permille)));
}

static void outlier_high(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    int64_t permille = episode->contract->outlier_permille;
    bool high = episode->reference
                    ? episode->cost > episode->reference->p99
                    : permille != ABSENT && (wide)episode->cost * 1000 > (wide)episode->budget * permille;
    if (!high)
        return;
    int64_t limit = episode->reference ? episode->reference->p99 : cents_permille(episode->budget, permille);
    raised_of_kind(raise_episode(set, &about, ALERT_episode_outlier, is(episode->cost), is(limit)),
                   ALERT_KIND_high);
}

static void outlier_low(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    if (episode->reference && episode->state == STATE_SETTLED && bytes_is_null(episode->ended_by) &&
        episode->cost < episode->reference->p05)
        raised_of_kind(
            raise_episode(set, &about, ALERT_episode_outlier, is(episode->cost), is(episode->reference->p05)),
            ALERT_KIND_low);
}

static bool price_is_awaited(const struct episode *episode)
{
    return episode->contract && episode->contract->price_criterion != ABSENT &&
           episode->contract->price_by_days != ABSENT && !episode->first_price;
}

static void price_missing(struct alert_set *set, struct about about)
{
    const struct episode *episode = about.episode;
    if (price_is_awaited(episode) &&
        set->history->as_of > episode->opened_on + episode->contract->price_by_days)
        raise_episode(set, &about, ALERT_price_missing, null, is(episode->contract->price_by_days));
}

/* --- care of an episode --- */

static void outcome(struct alert_set *set, struct about about, const struct outcome_entry *entry)
{
    int32_t base;
    if (!episode_base(about.lane, about.episode, entry->after, &base))
        return;
    for (size_t i = 0; i < about.lane->lines_count; i++) {
        const struct placed *placed = about.lane->lines[i];
        int32_t days = placed_start(placed) - base;
        if (placed == about.episode->opening || days < entry->from_day || days > entry->to_day ||
            !line_accepted_by(placed->line, entry->criterion) || !episode_compatible(about.episode, placed))
            continue;
        about.line = placed;
        raise_named(set, &about, ALERT_outcome, entry->name, is(days), null);
    }
}

/* Lines of any side (§6). */
static bool care_is_missing(const struct lane *lane, const struct episode *episode,
                            const struct expect_entry *entry)
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
    if (set->history->as_of > about.episode->opened_on + entry->by_day + entry->wait_days &&
        care_is_missing(about.lane, about.episode, entry))
        raise_named(set, &about, ALERT_missing_care, entry->name, null, is(entry->by_day));
}

static void measure(struct alert_set *set, struct about about, const struct measure_entry *entry,
                    struct maybe value)
{
    if (entry->at_most == ABSENT || !value.known || value.value <= entry->at_most)
        return;
    raise_named(set, &about, ALERT_measure, entry->name, value, is(entry->at_most))->alert.unit =
        entry->take == TAKE_FIRST_DAY ? UNIT_DAYS : UNIT_COUNT;
}

/* Distinct values of a field among the HOSPITAL_DBC lines with a share. */
static int64_t distinct_count(struct alert_set *set, const struct about *about,
                              struct bytes field(const struct book *, const struct declaration *))
{
    struct bytes *seen = ARENA_ARRAY(set->history->arena, struct bytes, about->lane->lines_count);
    size_t count = 0;
    for (size_t i = 0; i < about->lane->lines_count; i++) {
        const struct placed *placed = about->lane->lines[i];
        struct bytes value = field(set->history->rules->book, placed_declaration(placed));
        if (placed_declaration(placed)->care_type != CARE_HOSPITAL_DBC || bytes_is_null(value) ||
            !placed_has_share(placed, about->episode))
            continue;
        size_t k = 0;
        while (k < count && !bytes_equal(seen[k], value))
            k++;
        if (k == count)
            seen[count++] = value;
    }
    return (int64_t)count;
}

static struct bytes specialism_of(const struct book *book, const struct declaration *declaration)
{
    (void)book;
    return declaration->specialism;
}

static struct bytes provider_of(const struct book *book, const struct declaration *declaration)
{
    return provider_last(book, declaration->provider);
}

static void distinct(struct alert_set *set, struct about about, enum alert_type type, int32_t limit,
                     struct bytes field(const struct book *, const struct declaration *))
{
    if (limit == ABSENT)
        return;
    int64_t count = distinct_count(set, &about, field);
    if (count > limit)
        raise_episode(set, &about, type, is(count), is(limit));
}

static bool was_tried_before(const struct lane *lane, const struct episode *episode,
                             const struct placed *invasive)
{
    const struct definition *definition = episode->definition;
    for (size_t i = 0; i < lane->lines_count; i++) {
        int32_t days_before = placed_start(invasive) - placed_start(lane->lines[i]);
        if (days_before >= 1 && days_before <= definition->stepped_days &&
            line_accepted_by(lane->lines[i]->line, definition->stepped_conservative) &&
            episode_compatible(episode, lane->lines[i]))
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
            !line_accepted_by(placed->line, definition->stepped_invasive) ||
            !episode_compatible(episode, placed) || was_tried_before(about.lane, episode, placed))
            continue;
        raise_episode(set, &about, ALERT_stepped_care, null, is(definition->stepped_days));
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
        struct about about = { .lane = lane,
                               .episode = lane->questions[i].episode,
                               .line = lane->questions[i].line };
        raise_episode(set, &about, ALERT_side_unknown, null, null);
    }
}

/* --- lines --- */

static void double_payment(struct alert_set *set, const struct line *line, enum alert_kind kind,
                           int64_t prevented, struct bytes evidence, const struct episode *episode)
{
    struct raised *raised = raise_line(set, line, ALERT_double_payment, null);
    raised_of_kind(raised, kind);
    raised->alert.prevented = is(prevented);
    raised->alert.evidence = evidence;
    if (episode)
        raised_of_episode(raised, episode);
}

static bool is_loose_payment(const struct placed_share *share)
{
    return share->covered && share->cents > 0 && share->episode->contract->loose_refused;
}

/* Only where a price stands something was paid already. */
static void loose_beside_price(struct alert_set *set, const struct placed *placed)
{
    const struct episode *first = NULL, *priced = NULL;
    int64_t prevented = 0;
    for (size_t i = 0; i < placed->shares_count; i++) {
        struct episode *episode = placed->shares[i].episode;
        if (!is_loose_payment(&placed->shares[i]))
            continue;
        first = first ? first : episode;
        if (!episode->first_price)
            continue;
        priced = priced ? priced : episode;
        prevented += placed->shares[i].cents;
    }
    if (!first)
        return;
    double_payment(set, placed->line, priced ? ALERT_KIND_covered : ALERT_KIND_covered_unpriced, prevented,
                   priced ? placed_declaration(priced->first_price)->declaration_id : BYTES_NULL, first);
}

/* A credit of nothing is told as a debit is. */
static enum alert_kind kind_of_repeat(const struct repeat *repeat)
{
    if (repeat->conflicting)
        return ALERT_KIND_conflicting;
    return repeat->kind == KIND_CREDIT && repeat->amount > 0 ? ALERT_KIND_repeated_credit
                                                             : ALERT_KIND_repeated;
}

static void repeats_raise(struct alert_set *set, const struct line *line)
{
    for (const struct repeat *repeat = line->repeats; repeat; repeat = repeat->next) {
        struct raised *raised = set_add(set, ALERT_double_payment, is(repeat->amount), null);
        bool costs = !repeat->conflicting && repeat->kind == KIND_DEBIT;
        raised_of_kind(raised, kind_of_repeat(repeat));
        raised_of_line(raised, line);
        raised->id = repeat->id;
        raised->alert.insurer = repeat->insurer;
        raised->alert.provider = repeat->provider;
        raised->alert.prevented = is(costs ? repeat->amount : 0);
        raised->alert.evidence = line->declaration.declaration_id;
    }
}

static bool may_wait(uint8_t status)
{
    return status == STATUS_HELD || status == STATUS_CREDIT_PENDING || status == STATUS_PRICE_UNPLACED ||
           status == STATUS_RELEASE_PENDING || status == STATUS_RELEASE_MISMATCH;
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
        double_payment(set, line, ALERT_KIND_price_repeated, amount, placed->evidence, placed->priced);
    if (placed->status == STATUS_BUNDLE_PRICE && amount != placed->priced->budget) {
        struct raised *raised = raise_line(set, line, ALERT_price_differs, is(placed->priced->budget));
        raised_of_episode(raised, placed->priced);
    }
}

/* Of the same care as another line: a rule that holds is told apart from one that only flags, when there is
 * something to hold. */
static void same_care(struct alert_set *set, const struct placed *placed)
{
    int64_t amount = placed_declaration(placed)->amount;
    bool holds = placed->rule->hold;
    double_payment(set, placed->line, holds || amount == 0 ? ALERT_KIND_same_care : ALERT_KIND_flagged,
                   holds ? amount : 0, placed_declaration(placed->first_same)->declaration_id, NULL);
}

/* --- credits --- */

static bool says_same_care(const struct book *book, const struct declaration *a, const struct declaration *b)
{
    return a->insurer == b->insurer && a->start_date == b->start_date && a->end_date == b->end_date &&
           bytes_equal(a->care_code, b->care_code) && same_provider(book, a->provider, b->provider);
}

/* Whether `line` comes before `other` as the one that a credit over `amount` was meant for. */
static bool is_meant_rather(const struct line *line, const struct line *other, int64_t amount)
{
    bool equal = line->declaration.amount == amount, other_equal = other->declaration.amount == amount;
    return equal != other_equal ? equal : line_submitted_compare(line, other) < 0;
}

/* The standing line that a credit of what has been taken back already was probably meant for, or NULL. Of
 * what no rule sees there is too little to say (§4 seen), and it is forgotten by itself. */
static const struct line *probably_meant(const struct history *history, const struct line *credit)
{
    const struct line *best = NULL;
    for (size_t i = 0; i < history->standing_count && !credit->no_rule; i++) {
        const struct line *line = history->standing[i]->line;
        if (!line->no_rule &&
            says_same_care(history->rules->book, &line->declaration, &credit->declaration) &&
            (!best || is_meant_rather(line, best, credit->declaration.amount)))
            best = line;
    }
    return best;
}

static enum alert_kind kind_of_mismatch(const struct book *book, const struct placed *credit)
{
    enum credit_condition condition = credit_condition(book, credit, credit->named);
    if (condition == CREDIT_OF_NO_DEBIT)
        return ALERT_KIND_no_debit;
    if (condition == CREDIT_OF_OUT_OF_HORIZON)
        return ALERT_KIND_out_of_horizon;
    if (credit->named->status == STATUS_CREDITED)
        return ALERT_KIND_taken_back;
    if (condition == CREDIT_OF_OTHER_PROVIDER)
        return ALERT_KIND_other_provider;
    return condition == CREDIT_OF_OTHER_INSURER ? ALERT_KIND_other_insurer : ALERT_KIND_other_amount;
}

static void credit_mismatch(struct alert_set *set, const struct placed *credit)
{
    const struct declaration *original = placed_declaration(credit->named);
    enum alert_kind kind = kind_of_mismatch(set->history->rules->book, credit);
    const struct line *meant =
        kind == ALERT_KIND_taken_back ? probably_meant(set->history, credit->line) : NULL;
    struct raised *raised = raise_line(set, credit->line, ALERT_credit_mismatch, is(original->amount));
    raised_of_kind(raised, meant ? ALERT_KIND_taken_back_another : kind);
    raised->alert.evidence = meant ? meant->declaration.declaration_id : original->declaration_id;
}

static void credit_differs(struct alert_set *set, const struct placed *credit)
{
    const struct declaration *said = placed_declaration(credit), *debit = placed_declaration(credit->named);
    if (said->start_date == debit->start_date && bytes_equal(said->care_code, debit->care_code))
        return;
    raise_line(set, credit->line, ALERT_credit_differs, null)->alert.evidence = debit->declaration_id;
}

static void raise_of_credit(struct alert_set *set, const struct placed *placed)
{
    if (placed->status == STATUS_CREDIT_EXCESS)
        double_payment(set, placed->line, ALERT_KIND_credit_excess, 0, placed->evidence, NULL);
    if (placed->status == STATUS_CREDIT_MISMATCH)
        credit_mismatch(set, placed);
    if (placed->status == STATUS_CREDIT_APPLIED)
        credit_differs(set, placed);
}

static void after_ends(struct alert_set *set)
{
    for (size_t i = 0; i < set->history->after_ends_count; i++) {
        const struct after_end *after = &set->history->after_ends[i];
        struct raised *raised = raise_line(set, after->line->line, ALERT_after_end, null);
        raised->name = after->entry->name;
        raised->alert.evidence = placed_declaration(after->end)->declaration_id;
    }
}

static void raise_of_line(struct alert_set *set, const struct placed *placed)
{
    const struct declaration *declaration = placed_declaration(placed);
    int64_t p999 = -1;
    if (placed->surplus)
        same_care(set, placed);
    raise_of_credit(set, placed);
    if (placed->shares_count)
        p999 = reference_line_p999(set->history->rules->reference, declaration->care_type,
                                   declaration->care_code);
    if (p999 >= 0 && declaration->amount > p999)
        raise_line(set, placed->line, ALERT_line_outlier, is(p999));
    if (set->history->as_of > waits_until(set->history, placed))
        raise_line(set, placed->line, ALERT_waiting, null);
    loose_beside_price(set, placed);
    raise_of_price(set, placed);
    repeats_raise(set, placed->line);
}

/* --- who is this? --- */

static bool is_seen_active(const struct placed *placed)
{
    return placed_declaration(placed)->kind == KIND_DEBIT && !placed->line->no_rule &&
           !placed->line->out_of_horizon && placed->status != STATUS_CREDITED;
}

static int submitted_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return line_submitted_compare(x->line, y->line);
}

static int born_compare(const void *a, const void *b)
{
    int32_t x = placed_declaration(a)->birth_date, y = placed_declaration(b)->birth_date;
    return (x > y) - (x < y);
}

/* Of each birth date the first line, but for the date of the first line of all. */
static void birth_dates_differ(struct alert_set *set, const struct placed *lines[], size_t count)
{
    const void **scratch = ARENA_ARRAY(set->history->arena, const void *, count);
    sort_stable((const void **)lines, count, submitted_compare, scratch);
    const struct declaration *first = placed_declaration(lines[0]);
    sort_stable((const void **)lines, count, born_compare, scratch);
    for (size_t i = 0; i < count; i++) {
        const struct declaration *line = placed_declaration(lines[i]);
        if (line->birth_date == first->birth_date ||
            (i > 0 && born_compare(lines[i - 1], lines[i]) == 0))
            continue;
        struct raised *raised = set_add(set, ALERT_birth_date_differs, null, null);
        raised_of_line(raised, lines[i]->line);
        raised->alert.insurer = line->insurer;
        raised->alert.evidence = first->declaration_id;
    }
}

/* Nearly always all are one date: then that is all. */
static void raise_of_birth_dates(struct alert_set *set)
{
    const struct history *history = set->history;
    const struct placed **seen = NULL;
    size_t count = 0;
    bool differ = false;
    for (size_t i = 0; i < history->lines_count; i++) {
        const struct placed *placed = &history->lines[i];
        if (!is_seen_active(placed))
            continue;
        if (!seen)
            seen = ARENA_ARRAY(history->arena, const struct placed *, history->lines_count);
        seen[count++] = placed;
        differ = differ || born_compare(seen[0], placed) != 0;
    }
    if (differ)
        birth_dates_differ(set, seen, count);
}

static bool is_of_product(const struct placed *placed)
{
    const struct declaration *line = placed_declaration(placed);
    return placed->standing && !placed->line->no_rule && line->amount > 0 &&
           (line->care_type == CARE_ADD_ON || line->care_type == CARE_ACTIVITY) &&
           !bytes_is_null(line->trajectory);
}

static bool is_product_of(const struct book *book, const struct placed *product, const struct placed *placed)
{
    const struct declaration *x = placed_declaration(product), *line = placed_declaration(placed);
    return x->kind == KIND_DEBIT && x->care_type == CARE_HOSPITAL_DBC && !product->line->no_rule &&
           x->insurer == line->insurer && bytes_equal(x->trajectory, line->trajectory) &&
           same_provider(book, x->provider, line->provider);
}

/* What belongs to a product that was taken back, when no other of its trajectory is there. */
static void product_withdrawn(struct alert_set *set, const struct placed *placed)
{
    const struct history *history = set->history;
    const struct placed *first = NULL;
    for (size_t i = 0; i < history->lines_count; i++) {
        const struct placed *product = &history->lines[i];
        if (!is_product_of(history->rules->book, product, placed))
            continue;
        if (is_seen_active(product))
            return;
        if (product->status == STATUS_CREDITED && (!first || submitted_compare(product, first) < 0))
            first = product;
    }
    if (first)
        raise_line(set, placed->line, ALERT_product_withdrawn, null)->alert.evidence =
            placed_declaration(first)->declaration_id;
}

static void raise_of_products(struct alert_set *set)
{
    const struct history *history = set->history;
    bool any = false;
    for (size_t i = 0; i < history->lines_count && !any; i++)
        any = history->lines[i].status == STATUS_CREDITED &&
              placed_declaration(&history->lines[i])->care_type == CARE_HOSPITAL_DBC;
    for (size_t i = 0; i < history->lines_count && any; i++)
        if (is_of_product(&history->lines[i]))
            product_withdrawn(set, &history->lines[i]);
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
        raised_end(arena, set->items[i]);
    sort_stable((const void **)set->items, set->count, key_compare,
                ARENA_ARRAY(arena, const void *, set->count));
}

void alerts_raise(struct history *history, struct alert_set *ret_set)
{
    *ret_set = (struct alert_set){ .history = history };
    for (size_t i = 0; i < history->lanes_count; i++)
        raise_of_lane(ret_set, &history->lanes[i]);
    for (size_t i = 0; i < history->lines_count; i++)
        raise_of_line(ret_set, &history->lines[i]);
    raise_of_birth_dates(ret_set);
    raise_of_products(ret_set);
    after_ends(ret_set);
    set_order(ret_set);
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

static void due_episode(int32_t *due, const struct history *history, const struct lane *lane,
                        const struct episode *episode)
{
    const struct definition *definition = episode->definition;
    due_after(due, history->as_of, (int64_t)episode->closes_on + 1);
    due_after(due, history->as_of, (int64_t)episode->closes_on + definition->run_out_days + 1);
    due_projection(due, history, episode);
    if (price_is_awaited(episode))
        due_after(due, history->as_of, (int64_t)episode->opened_on + episode->contract->price_by_days + 1);
    for (size_t i = 0; i < definition->expects_count; i++)
        if (care_is_missing(lane, episode, &definition->expects[i]))
            due_after(due, history->as_of,
                      (int64_t)episode->opened_on + definition->expects[i].by_day +
                          definition->expects[i].wait_days + 1);
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
