#include "engine/sending.h"

#include "base/array.h"
#include "base/must.h"
#include "base/sort.h"
#include "engine/calendar.h"
#include "engine/money.h"
#include "engine/side.h"

/* --- what a change sends, by kind, put in the order of keys before it goes out --- */

static struct output *sending_add(struct sending *sending, enum output_kind kind)
{
    struct arena *arena = sending->change->scratch;
    ARENA_ARRAY_ROOM(arena, sending->items, sending->count, sending->capacity);
    struct output *output = arena_zeroed(arena, sizeof(*output));
    output->kind = (uint8_t)kind;
    sending->items[sending->count++] = output;
    return output;
}

static int output_compare(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    return bytes_compare(x->key, y->key);
}

void sending_flush(struct sending *sending)
{
    sort_stable((const void **)sending->items, sending->count, output_compare,
                ARENA_ARRAY(sending->change->scratch, const void *, sending->count));
    for (size_t i = 0; i < sending->count; i++)
        *outputs_add(sending->change->outputs, sending->items[i]->kind) = *sending->items[i];
    sending->count = 0;
}

/* --- decisions --- */

struct bytes decision_key(struct arena *arena, struct bytes insured, struct bytes id)
{
    char *key = arena_alloc(arena, insured.length + 1 + id.length);
    memcpy(key, insured.data, insured.length);
    key[insured.length] = '/';
    memcpy(key + insured.length + 1, id.data, id.length);
    return (struct bytes){ key, insured.length + 1 + id.length };
}

void decision_fill(struct decision *decision, const struct declaration *declaration, struct bytes insured,
                   uint8_t status, uint8_t reason)
{
    int64_t amount = declaration->amount;
    uint8_t account = status_accounts[status];
    *decision = (struct decision){
        .insured = insured,
        .declaration_id = declaration->declaration_id,
        .submitted_at = declaration->submitted_at,
        .kind = declaration->kind,
        .insurer = declaration->insurer,
        .provider = declaration->provider,
        .care_type = declaration->care_type,
        .care_code = declaration->care_code,
        .start_date = declaration->start_date,
        .amount = amount,
        .status = status,
        .reason = reason,
        .payable = account == ACCOUNT_PAYABLE ? amount : 0,
        .withheld = account == ACCOUNT_WITHHELD ? amount : 0,
        .refused = account == ACCOUNT_REFUSED ? amount : 0,
        .reversed = account == ACCOUNT_REVERSED ? amount : 0,
    };
}

static void decision_sign(struct decision *decision, const struct change *change, int32_t revision)
{
    decision->cause = change->cause;
    decision->revision = revision;
    decision->as_of = change->as_of;
    decision->book = change->rules->book->book;
}

static bool shares_were_sent(const struct sent_decision *sent, const struct placed *placed)
{
    if (sent->shares_count != placed->shares_count)
        return false;
    for (size_t i = 0; i < placed->shares_count; i++)
        if (sent->shares[i].episode != placed->shares[i].episode->sent ||
            sent->shares[i].cents != placed->shares[i].cents)
            return false;
    return true;
}

/* A number or a text of the role STATE; shares are looked at last. */
#define SAME_NUMBER(name) &&sent->name == placed->name
#define SAME_TEXT(name) &&bytes_equal(sent->name, placed->name)
#define SAME_SHARES(name) &&name##_were_sent(sent, placed)

static bool decision_was_sent(const struct sent_decision *sent, const struct placed *placed)
{
    bool same = sent->revision > 0
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(SAME_NUMBER(name), SAME_TEXT(name), SAME_NUMBER(name), , ))
#include "engine/outputs.def"
        ;
    return same
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , , , SAME_##type(name)))
#include "engine/outputs.def"
        ;
}

static void sent_shares_set(struct pool *pool, struct sent_decision *sent, const struct placed *placed)
{
    pool_free(pool, sent->shares, sent->shares_count * sizeof(*sent->shares));
    sent->shares = NULL;
    sent->shares_count = (uint32_t)placed->shares_count;
    if (placed->shares_count == 0)
        return;
    sent->shares = pool_alloc(pool, placed->shares_count * sizeof(*sent->shares));
    for (size_t i = 0; i < placed->shares_count; i++)
        sent->shares[i] = (struct sent_share){ placed->shares[i].episode->sent, placed->shares[i].cents };
}

static void decision_remember(struct pool *pool, struct sent_decision *sent, const struct placed *placed)
{
    sent->revision++;
#define SET(name) sent->name = placed->name;
#define SET_SHARES(name) sent_##name##_set(pool, sent, placed);
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(SET(name), SET(name), SET(name), , SET_##type(name)))
#include "engine/outputs.def"
#undef SET
}

static const struct share *shares_copy(struct sending *sending, const struct placed *placed)
{
    struct share *shares = ARENA_ARRAY(&sending->change->outputs->arena, struct share, placed->shares_count);
    for (size_t i = 0; i < placed->shares_count; i++)
        shares[i] = (struct share){ sending->person->episodes[placed->shares[i].episode->sent].last.episode,
                                    placed->shares[i].cents };
    return shares;
}

void sending_decision(struct sending *sending, const struct placed *placed)
{
    const struct change *change = sending->change;
    struct sent_decision *sent = &placed->line->sent;
    bool never_anything_else = sent->revision == 0 && placed->status == STATUS_FEE_FOR_SERVICE;
    if (decision_was_sent(sent, placed) || (change->bundles_only && never_anything_else))
        return;
    decision_remember(change->pool, sent, placed);
    struct output *output = sending_add(sending, OUTPUT_DECISION);
    struct decision *decision = &output->decision;
    output->key = decision_key(&change->outputs->arena, sending->person->insured,
                               placed_declaration(placed)->declaration_id);
    decision_fill(decision, placed_declaration(placed), sending->person->insured, placed->status,
                  placed->reason);
#define SET(name) decision->name = placed->name;
#define SET_COPY(name)                           \
    decision->name = name##_copy(sending, placed); \
    decision->name##_count = placed->name##_count;
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(SET(name), SET(name), SET(name), , SET_COPY(name)))
#include "engine/outputs.def"
#undef SET
    decision_sign(decision, change, sent->revision);
}

void sending_repeat(struct sending *sending, const struct line *line, const struct repeat *repeat)
{
    const struct change *change = sending->change;
    struct output *output = sending_add(sending, OUTPUT_DECISION);
    struct declaration declaration = {
        .declaration_id = line->declaration.declaration_id,
        .submitted_at = repeat->submitted_at,
        .kind = repeat->kind,
        .insurer = repeat->insurer,
        .provider = repeat->provider,
        .care_type = repeat->care_type,
        .care_code = repeat->care_code,
        .start_date = repeat->start_date,
        .amount = repeat->amount,
    };
    output->key = decision_key(&change->outputs->arena, sending->person->insured, repeat->id);
    decision_fill(&output->decision, &declaration, sending->person->insured,
                  repeat->conflicting ? STATUS_CONFLICTING : STATUS_REPEATED, REASON_NONE);
    output->decision.evidence = line->declaration.declaration_id;
    decision_sign(&output->decision, change, 1);
}

/* --- episodes --- */

static uint32_t sent_episode_find(struct sending *sending, int32_t insurer, struct bytes key)
{
    struct person *person = sending->person;
    for (uint32_t i = 0; i < person->episodes_count; i++)
        if (person->episodes[i].last.insurer == insurer && bytes_equal(person->episodes[i].last.episode, key))
            return i;
    struct pool *pool = sending->change->pool;
    person->episodes = person_array_room(pool, person->episodes, person->episodes_count,
                                         &person->episodes_capacity, sizeof(struct sent_episode));
    char *copy = pool_alloc(pool, key.length);
    memcpy(copy, key.data, key.length);
    person->episodes[person->episodes_count] =
        (struct sent_episode){ .last = { .insurer = insurer, .episode = { copy, key.length } } };
    return person->episodes_count++;
}

void sending_match_episodes(struct sending *sending)
{
    for (uint32_t i = 0; i < sending->person->episodes_count; i++)
        sending->person->episodes[i].found = false;
    for (size_t i = 0; i < sending->history->lanes_count; i++) {
        const struct lane *lane = &sending->history->lanes[i];
        for (size_t k = 0; k < lane->episodes_count; k++) {
            struct episode *episode = lane->episodes[k];
            episode->sent = sent_episode_find(sending, lane->insurer, episode->key);
            sending->person->episodes[episode->sent].found = true;
        }
    }
}

static struct bytes side_text(char side)
{
    static const char sides[] = "-LRBU";
    size_t at = 0;
    while (sides[at] && sides[at] != side)
        at++;
    must(sides[at] == side);
    return (struct bytes){ sides + at, 1 };
}

static struct maybe when(bool known, int64_t value)
{
    return (struct maybe){ known, known ? value : 0 };
}

static void contract_fill(struct episode_output *output, const struct episode *episode)
{
    const struct contract *contract = episode->contract;
    if (!contract)
        return;
    output->contract = contract->id;
    output->contract_version = when(true, contract->version);
    output->contractor = contract->contractor;
    output->stratum = episode->stratum->label;
    output->budget = when(true, episode->budget);
    output->charged = when(true, episode->charged);
    output->result = when(true, episode->result);
    output->projected = when(episode->has_projected, episode->projected);
}

static struct episode_output episode_fill(const struct person *person, int32_t insurer,
                                          const struct episode *episode)
{
    const struct declaration *opening = placed_declaration(episode->opening);
    struct episode_output output = {
        .insured = person->insured,
        .insurer = insurer,
        .episode = person->episodes[episode->sent].last.episode,
        .bundle = episode->bundle->id,
        .side = side_text(episode->side),
        .state = episode->state,
        .opened_on = episode->opened_on,
        .opens_window = episode->opens_window,
        .closes_on = episode->closes_on,
        .ended_by = episode->ended_by,
        .provider = episode->provider,
        .cost = episode->cost,
        .covered = episode->covered,
        .price = episode->price,
        .opening_declaration = opening->declaration_id,
        .known_on = moment_to_day(opening->submitted_at),
        .lines = episode->lines,
        .measures = episode->measures,
        .measures_count = episode->definition->measures_count,
    };
    contract_fill(&output, episode);
    return output;
}

/* Keys are equal already. */
static bool episode_was_sent(const struct episode_output *last, const struct episode_output *next)
{
    return last->revision > 0 && episode_state_equal(last, next);
}

/* A settlement: every emission as SETTLED, and the VOID of what was settled (§9). */
static void settlement_set(struct sent_episode *sent, struct episode_output *output, int32_t as_of)
{
    bool settlement =
        output->state == STATE_SETTLED || (output->state == STATE_VOID && sent->last.settlement_revision > 0);
    output->settlement_revision = sent->last.settlement_revision;
    output->settlement_delta = when(false, 0);
    output->after_final = false;
    if (!settlement)
        return;
    int64_t value = output->state == STATE_VOID ? 0
                    : output->result.known      ? output->result.value
                                                : output->cost;
    if (sent->settled_once) {
        output->settlement_delta = when(true, cents_subtract(value, sent->settled_value));
        output->after_final = as_of >= output->closes_on + sent->final_after;
    } else if (sent->last.revision == 0 && as_of >= output->closes_on + sent->final_after) {
        output->settlement_delta = when(true, value);
        output->after_final = true;
    }
    output->settlement_revision++;
    sent->settled_once = true;
    sent->settled_value = value;
}

static const struct measure *measures_copy(void *room, const struct episode_output *output)
{
    if (output->measures_count)
        memcpy(room, output->measures, output->measures_count * sizeof(struct measure));
    return room;
}

static void sent_measures_free(struct pool *pool, struct episode_output *last)
{
    union {
        const struct measure *constant;
        void *piece;
    } measures = { last->measures };
    pool_free(pool, measures.piece, last->measures_count * sizeof(struct measure));
    last->measures = NULL;
    last->measures_count = 0;
}

static void episode_send(struct sending *sending, struct sent_episode *sent, struct episode_output next)
{
    const struct change *change = sending->change;
    settlement_set(sent, &next, change->as_of);
    next.revision = sent->last.revision + 1;
    next.cause = change->cause;
    next.as_of = change->as_of;
    next.book = change->rules->book->book;
    struct output *output = sending_add(sending, OUTPUT_EPISODE);
    struct text key = text_begin(&change->outputs->arena);
    text_add(&key, next.insured);
    TEXT_ADD(&key, "/");
    text_add_number(&key, next.insurer);
    TEXT_ADD(&key, "/");
    text_add(&key, next.episode);
    output->key = text_end(&key);
    output->episode = next;
    output->episode.measures =
        measures_copy(ARENA_ARRAY(&change->outputs->arena, struct measure, next.measures_count), &next);
    struct episode_output last = next;
    last.measures =
        next.measures_count
            ? measures_copy(pool_alloc(change->pool, next.measures_count * sizeof(struct measure)), &next)
            : NULL;
    sent_measures_free(change->pool, &sent->last);
    sent->last = last;
    sent->last.cause = BYTES_NULL; /* it is only borrowed */
    sent->voided = 0;
}

static void episode_void(struct sending *sending, struct sent_episode *sent)
{
    struct episode_output next = sent->last;
    next.state = STATE_VOID;
    next.cost = next.covered = next.price = 0;
    next.lines = 0;
    next.budget = next.charged = next.result = next.projected = when(false, 0);
    next.measures = NULL;
    next.measures_count = 0;
    episode_send(sending, sent, next);
}

/* What the append of a line needs to know of an episode beside what was sent (append.h). */
static void sent_episode_ground(struct sent_episode *sent, const struct episode *episode)
{
    sent->definition = episode->definition;
    sent->final_after = episode->definition->run_out_days + episode->definition->true_up_days;
    sent->bundle_at = episode->bundle_at;
    sent->contract = episode->contract;
    sent->stratum = episode->stratum;
    sent->opening = episode->opening->line;
    sent->first_price = episode->first_price ? episode->first_price->line : NULL;
}

void sending_episode(struct sending *sending, int32_t insurer, const struct episode *episode)
{
    struct sent_episode *sent = &sending->person->episodes[episode->sent];
    struct episode_output next = episode_fill(sending->person, insurer, episode);
    sent_episode_ground(sent, episode);
    if (!episode_was_sent(&sent->last, &next))
        episode_send(sending, sent, next);
}

void sending_void_episodes(struct sending *sending)
{
    struct person *person = sending->person;
    uint32_t before = 0;
    for (uint32_t i = 0; i < person->episodes_count; i++)
        before = person->episodes[i].voided > before ? person->episodes[i].voided : before;
    for (uint32_t i = 0; i < person->episodes_count; i++) {
        struct sent_episode *sent = &person->episodes[i];
        if (sent->found || sent->last.state == STATE_VOID)
            continue;
        episode_void(sending, sent);
        sent->voided = before + 1;
    }
}

/* --- alerts --- */

static struct alert *alert_output(struct sending *sending, struct bytes key, const struct alert *from)
{
    const struct change *change = sending->change;
    struct output *output = sending_add(sending, OUTPUT_ALERT);
    output->key = key;
    output->alert = *from;
    output->alert.cause = change->cause;
    output->alert.as_of = change->as_of;
    output->alert.book = change->rules->book->book;
    return &output->alert;
}

static bool is_moved_to(const struct episode_output *from, const struct episode_output *to)
{
    return from->state == STATE_VOID && from->insurer == to->insurer &&
           bytes_equal(from->bundle, to->bundle) &&
           sides_meet(from->side.data[0], to->side.data[0]) && from->opened_on <= to->closes_on &&
           to->opened_on <= from->closes_on;
}

/* The key of the VOID episode that an episode is probably about whose first record is a settlement after the
 * final date: the one voided last, then the first by key; or null. */
static struct bytes moved_from(const struct person *person, const struct episode_output *to)
{
    const struct sent_episode *best = NULL;
    for (uint32_t i = 0; i < person->episodes_count; i++) {
        const struct sent_episode *sent = &person->episodes[i];
        if (is_moved_to(&sent->last, to) &&
            (!best || sent->voided > best->voided ||
             (sent->voided == best->voided && bytes_compare(sent->last.episode, best->last.episode) < 0)))
            best = sent;
    }
    return best ? best->last.episode : BYTES_NULL;
}

/* Once for each settlement that is after_final; the number in its subject makes its key new, so nothing is
 * remembered. */
static void settlement_changed_send(struct sending *sending, const struct episode_output *episode)
{
    struct arena *arena = &sending->change->outputs->arena;
    struct raised raised = {
        .alert = { .insured = episode->insured,
                   .insurer = episode->insurer,
                   .bundle = episode->bundle,
                   .episode = episode->episode,
                   .provider = episode->provider,
                   .contract = episode->contract,
                   .contractor = episode->contractor,
                   .observed = episode->settlement_delta,
                   .revision = 1 },
        .settlement = episode->settlement_revision,
    };
    bool first = episode->revision == 1, has_contract = !bytes_is_null(episode->contract);
    raised_begin(&raised, ALERT_settlement_changed);
    raised_of_kind(&raised, has_contract ? first ? ALERT_KIND_first_result : ALERT_KIND_result_changed
                            : first      ? ALERT_KIND_first_cost
                                         : ALERT_KIND_cost_changed);
    if (first)
        raised.alert.evidence = moved_from(sending->person, episode);
    raised_end(arena, &raised);
    raised.alert.message = alert_message(arena, &raised);
    alert_output(sending, raised.key, &raised.alert);
}

static void sent_alert_free(struct pool *pool, struct sent_alert *sent)
{
    pool_free_bytes(pool, sent->key);
    pool_free_bytes(pool, sent->last.subject);
    pool_free_bytes(pool, sent->last.message);
    pool_free(pool, sent, sizeof(*sent));
}

/* Takes what was raised over; strings that end with the change are copied. */
static void sent_alert_set(struct sending *sending, struct sent_alert *sent, const struct raised *raised)
{
    struct pool *pool = sending->change->pool;
    int32_t revision = sent->last.revision;
    if (revision > 0) {
        pool_free_bytes(pool, sent->last.subject);
        pool_free_bytes(pool, sent->last.message);
    }
    sent->last = raised->alert;
    sent->last.insured = sending->person->insured;
    if (raised->episode)
        sent->last.episode = sending->person->episodes[raised->episode->sent].last.episode;
    sent->last.subject = pool_copy(pool, raised->alert.subject);
    sent->last.message = pool_copy(pool, alert_message(sending->change->scratch, raised));
    sent->last.revision = revision + 1;
    sent->line = raised->line;
}

static struct sent_alert *sent_alert_new(struct sending *sending, const struct raised *raised)
{
    struct sent_alert *sent = pool_alloc(sending->change->pool, sizeof(*sent));
    *sent = (struct sent_alert){ .key = pool_copy(sending->change->pool, raised->key) };
    return sent;
}

static void alert_raise(struct sending *sending, struct sent_alert *sent, const struct raised *raised)
{
    if (sent->last.revision > 0 && alert_state_equal(&sent->last, &raised->alert))
        return; /* it stands, and says what holds */
    sent_alert_set(sending, sent, raised);
    alert_output(sending, sent->key, &sent->last);
}

static void alert_clear(struct sending *sending, struct sent_alert *sent)
{
    if (sent->last.action == ACTION_CLEARED)
        return;
    sent->last.action = ACTION_CLEARED;
    sent->last.revision++;
    alert_output(sending, sent->key, &sent->last);
}

/* Both sides are in the order of keys: what is on one side only enters or leaves the set. */
static void alerts_merge(struct sending *sending, const struct alert_set *set, may_clear_fn *may_clear,
                         struct sent_alert *merged[], uint32_t *ret_count)
{
    struct person *person = sending->person;
    uint32_t count = 0, left = 0;
    size_t right = 0;
    while (left < person->alerts_count || right < set->count) {
        int order = left >= person->alerts_count ? 1
                    : right >= set->count        ? -1
                                          : bytes_compare(person->alerts[left]->key, set->items[right]->key);
        merged[count] = order <= 0 ? person->alerts[left++] : sent_alert_new(sending, set->items[right]);
        if (order >= 0)
            alert_raise(sending, merged[count], set->items[right++]);
        else if (!may_clear || may_clear(sending, merged[count]))
            alert_clear(sending, merged[count]);
        count++;
    }
    *ret_count = count;
}

static void alerts_keep(struct person *person, struct pool *pool, struct sent_alert *const alerts[],
                        uint32_t count)
{
    if (count > person->alerts_capacity) {
        uint32_t capacity = count + count / 2;
        pool_free(pool, person->alerts, person->alerts_capacity * sizeof(*person->alerts));
        person->alerts = pool_alloc(pool, capacity * sizeof(*person->alerts));
        person->alerts_capacity = capacity;
    }
    if (count)
        memcpy(person->alerts, alerts, count * sizeof(*alerts));
    person->alerts_count = count;
}

void sending_alerts(struct sending *sending, const struct alert_set *set, may_clear_fn *may_clear)
{
    struct person *person = sending->person;
    struct sent_alert **merged =
        ARENA_ARRAY(sending->change->scratch, struct sent_alert *, person->alerts_count + set->count);
    uint32_t count;
    alerts_merge(sending, set, may_clear, merged, &count);
    alerts_keep(person, sending->change->pool, merged, count);
}

/* An emission after the final date that moves no money (another window, another opening line) is no news. */
static bool changes_a_final_value(const struct episode_output *episode)
{
    return episode->after_final && episode->settlement_delta.value != 0;
}

void sending_settlements(struct sending *sending, size_t first)
{
    const struct outputs *outputs = sending->change->outputs;
    for (size_t i = first; i < outputs->count; i++)
        if (outputs->items[i].kind == OUTPUT_EPISODE && changes_a_final_value(&outputs->items[i].episode))
            settlement_changed_send(sending, &outputs->items[i].episode);
}

/* --- what is forgotten --- */

void sent_alerts_drop(struct person *person, struct pool *pool, alert_gone_fn *gone, const void *context)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < person->alerts_count; i++) {
        if (gone(context, person->alerts[i]))
            sent_alert_free(pool, person->alerts[i]);
        else
            person->alerts[kept++] = person->alerts[i];
    }
    person->alerts_count = kept;
}

void sent_episodes_drop(struct person *person, struct pool *pool)
{
    for (uint32_t i = 0; i < person->episodes_count; i++) {
        sent_measures_free(pool, &person->episodes[i].last);
        pool_free_bytes(pool, person->episodes[i].last.episode);
    }
    person->episodes_count = 0;
}
