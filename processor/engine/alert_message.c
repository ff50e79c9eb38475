/* alert_message.c - an alert as one sentence that someone at 3 am understands (§10, §11). */
#include "engine/alert.h"

#include "base/must.h"

/* The part of the subject behind the last `/`. */
static struct bytes last_part(struct bytes subject)
{
    size_t at = subject.length;
    while (at > 0 && subject.data[at - 1] != '/')
        at--;
    return (struct bytes){ subject.data + at, subject.length - at };
}

/* The name in a subject `episode/name[/declaration]`. */
static struct bytes name_part(const struct alert *alert)
{
    struct bytes rest = alert->subject;
    size_t skip = alert->episode.length + 1;
    size_t tail = bytes_is_null(alert->declaration_id) ? 0 : alert->declaration_id.length + 1;
    if (rest.length < skip + tail)
        return BYTES_NULL;
    return (struct bytes){ rest.data + skip, rest.length - skip - tail };
}

static void add_number(struct text *text, struct maybe value, uint8_t unit)
{
    if (unit == UNIT_CENTS) {
        text_add_euros(text, value.value);
        return;
    }
    text_add_number(text, value.value);
    if (unit == UNIT_DAYS)
        text_add(text, value.value == 1 ? BYTES(" day") : BYTES(" days"));
}

static int64_t permille_of(struct bytes digits)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.length; i++)
        value = value * 10 + (digits.data[i] - '0');
    return value;
}

/* What stands in braces is replaced: O observed, L limit, P prevented, E episode, C contract, D declaration, N name in the subject,
 * V provider, T threshold of the subject, X evidence. */
static const char *const sentences[ALERT_TYPE_COUNT] = {
    [ALERT_budget_threshold] = "Episode {E} has cost {O} and has reached {T} of its budget, which is {L}, under contract {C}.",
    [ALERT_stop_loss] = "Episode {E} has cost {O} and is above the stop-loss limit of {L} of contract {C}.",
    [ALERT_projected_overrun] = "Episode {E} is expected to cost {O} in the end, more than its budget with margin of {L} under contract {C}.",
    [ALERT_episode_outlier] = "Episode {E} has cost {O}, unusually {N} against the limit of {L}.",
    [ALERT_line_outlier] = "Declaration {D} of provider {V} is {O}, above {L}, which 999 of 1000 such lines stay below.",
    [ALERT_price_differs] = "The bundle price {D} for episode {E} is {O}, but the budget under contract {C} is {L}.",
    [ALERT_price_missing] = "Episode {E} has no bundle price yet, {L} after it opened, under contract {C}.",
    [ALERT_outcome] = "Episode {E} has the outcome {N}: declaration {D}, {O} after its base day.",
    [ALERT_missing_care] = "Episode {E} has no {N} within {L} of its opening.",
    [ALERT_measure] = "Episode {E} has {O} for the measure {N}, above the limit of {L}.",
    [ALERT_fragmentation] = "Episode {E} has hospital products of {O} specialisms, more than {L}.",
    [ALERT_second_hospital] = "Episode {E} has hospital products of {O} providers, more than {L}.",
    [ALERT_stepped_care] = "Episode {E} has an invasive treatment without conservative treatment in the {L} before it.",
    [ALERT_side_unknown] = "Declaration {D} may belong to another side than episode {E}, which absorbed it: the side is not known.",
    [ALERT_waiting] = "Declaration {D} of provider {V} over {O} has been waiting too long to be placed.",
    [ALERT_settlement_changed] = "The settlement of episode {E} changed by {O} after it was final (settlement {T}).",
};

static const struct {
    struct bytes kind;
    const char *sentence;
} double_payments[] = {
#define ROW(kind, sentence) { { kind, sizeof(kind) - 1 }, sentence },
    ROW("repeated", "Declaration {D} of provider {V} over {O} came again under the same reference; {P} was not paid twice.")
    ROW("conflicting", "Declaration {D} of provider {V} over {O} came with the reference of an earlier one but other content; it is withheld.")
    ROW("same_care", "Declaration {D} of provider {V} over {O} is the same care as declaration {X}; {P} is kept from being paid twice.")
    ROW("flagged", "Declaration {D} of provider {V} over {O} is the same care as declaration {X}; the book only flags this, so both count.")
    ROW("covered", "Declaration {D} of provider {V} over {O} asks to be paid beside the bundle price of episode {E}; {P} is covered by that price.")
    ROW("price_repeated", "The bundle price of episode {E} was declared again as {D} over {O}; {P} is refused.")
    ROW("credit_excess", "Credit {D} of provider {V} over {O} takes back declaration {X}, which had already been taken back; it is refused.")
};

static const char *sentence_of(const struct alert *alert)
{
    struct bytes kind = last_part(alert->subject);
    if (alert->type != ALERT_double_payment)
        return sentences[alert->type];
    if (bytes_equal(kind, BYTES("same_care")) && alert->prevented.value == 0 && alert->observed.value > 0)
        kind = BYTES("flagged");
    for (size_t i = 0; i < COUNT(double_payments); i++)
        if (bytes_equal(double_payments[i].kind, kind))
            return double_payments[i].sentence;
    must(!"a kind of double payment that has no sentence");
    return NULL;
}

static void add_field(struct text *text, const struct alert *alert, char field)
{
    switch (field) {
    case 'O': add_number(text, alert->observed, alert->unit); break;
    case 'L': add_number(text, alert->limit, alert->unit); break;
    case 'P': text_add_euros(text, alert->prevented.value); break;
    case 'E': text_add(text, alert->episode); break;
    case 'C': text_add(text, alert->contract); break;
    case 'D': text_add(text, alert->declaration_id); break;
    case 'V': text_add(text, alert->provider); break;
    case 'X': text_add(text, alert->evidence); break;
    case 'N': text_add(text, name_part(alert)); break;
    case 'T':
        if (alert->type == ALERT_budget_threshold)
            text_add_permille(text, permille_of(last_part(alert->subject)));
        else
            text_add(text, last_part(alert->subject));
        break;
    default: must(!"a field that sentences know");
    }
}

struct bytes alert_message(struct arena *arena, const struct alert *alert)
{
    struct text text = text_begin(arena);
    for (const char *at = sentence_of(alert); *at; at++) {
        if (*at != '{') {
            text_add(&text, (struct bytes){ at, 1 });
            continue;
        }
        add_field(&text, alert, at[1]);
        at += 2;
    }
    return text_end(&text);
}
