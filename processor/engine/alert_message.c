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

/* Each says what happened, to whom and where, for how much, and what to do about it. What stands in braces is replaced: I insured,
 * E episode, C contract, V provider, D declaration, X evidence, N name in the subject, T threshold or settlement of the subject,
 * O observed, L limit, P prevented. */
static const char *const sentences[ALERT_TYPE_COUNT] = {
    [ALERT_budget_threshold] =
        "Episode {E} of insured {I} has cost {O} and has reached {T} of its budget ({L}) under contract {C}; ask provider {V} what is still planned.",
    [ALERT_stop_loss] =
        "Episode {E} of insured {I} has cost {O}, above the stop-loss limit of {L} of contract {C}; the insurer bears its part of the excess, "
        "so check its dearest lines with provider {V}.",
    [ALERT_projected_overrun] =
        "Episode {E} of insured {I} is expected to cost {O} in the end, more than its budget with margin of {L} under contract {C}; "
        "ask provider {V} what is still planned.",
    [ALERT_line_outlier] =
        "Declaration {D} of provider {V} for insured {I} is {O}, and 999 of 1000 such lines are at most {L}; check amount and code with the provider.",
    [ALERT_price_differs] =
        "Bundle price {D} of provider {V} for episode {E} of insured {I} is {O}, but the budget under contract {C} is {L}; "
        "it is paid as declared, so agree with the provider which of the two is right.",
    [ALERT_price_missing] =
        "Episode {E} of insured {I} has no bundle price more than {L} after it opened, under contract {C}; ask provider {V} to declare it.",
    [ALERT_outcome] =
        "Episode {E} of insured {I} has the outcome \"{N}\": declaration {D} of provider {V}, {O} after the day that it counts from; this is for information.",
    [ALERT_missing_care] =
        "Episode {E} of insured {I} has had no \"{N}\" within {L} of its opening; ask provider {V} whether this care was given.",
    [ALERT_measure] =
        "Episode {E} of insured {I} has {O} for the measure \"{N}\", above the limit of {L}; ask provider {V} for the reason.",
    [ALERT_fragmentation] =
        "Episode {E} of insured {I} has hospital products of {O} specialisms, more than {L}; see which of them leads the treatment.",
    [ALERT_second_hospital] =
        "Episode {E} of insured {I} has hospital products of {O} providers, more than {L}; see who of them answers for the treatment.",
    [ALERT_stepped_care] =
        "Episode {E} of insured {I} has an invasive treatment without conservative treatment in the {L} before it; "
        "ask provider {V} why that step was left out.",
    [ALERT_side_unknown] =
        "Declaration {D} of provider {V} for insured {I} counts in episode {E} but may be about another side of the body; "
        "ask the provider which side was treated.",
    [ALERT_waiting] =
        "Declaration {D} of provider {V} for insured {I} over {O} has been waiting too long, and its amount is withheld; "
        "see its decision for what it waits for, and settle that with the provider.",
};

/* What takes more than one sentence: by a part of the subject, and by other fields. */
static const struct {
    struct bytes kind;
    const char *sentence;
} kinds[] = {
#define ROW(kind, sentence) { { kind, sizeof(kind) - 1 }, sentence },
    ROW("high", "Episode {E} of insured {I} has cost {O}, unusually much against the limit of {L} for such episodes; check its lines with provider {V}.")
    ROW("low", "Episode {E} of insured {I} is settled and has cost {O}, unusually little against the limit of {L} for such episodes; "
               "check with provider {V} whether declarations are missing.")
    ROW("repeated", "Declaration {D} of provider {V} for insured {I} over {O} came again under the same reference; {P} is not paid twice, "
                    "and there is nothing to do.")
    ROW("repeated_credit", "Credit {D} of provider {V} for insured {I} over {O} came again under the same reference; nothing is taken back twice, "
                           "and there is nothing to do.")
    ROW("conflicting", "Declaration {D} of provider {V} for insured {I} over {O} came with the reference of an earlier one but other content; "
                       "it is withheld until the provider sends it under a reference of its own.")
    ROW("same_care", "Declaration {D} of provider {V} for insured {I} over {O} is the same care as declaration {X}; {P} is held so that it is not paid "
                     "twice, so ask the provider to take back the wrong one.")
    ROW("flagged", "Declaration {D} of provider {V} for insured {I} over {O} is the same care as declaration {X}; the book only flags this, so both "
                   "count: ask the provider whether one is wrong.")
    ROW("covered", "Declaration {D} of provider {V} for insured {I} over {O} asks to be paid beside the bundle price of episode {E} under contract {C}; "
                   "{P} is covered by that price and is not paid, so tell the provider.")
    ROW("price_repeated", "Declaration {D} of provider {V} for insured {I} asks the bundle price of episode {E} again after declaration {X}; "
                          "{P} is refused, so ask the provider to take one of them back.")
    ROW("credit_excess", "Credit {D} of provider {V} for insured {I} over {O} takes back declaration {X}, which had already been taken back; "
                         "it is refused, so ask the provider which declaration it was meant for.")
    ROW("result_changed", "The result of episode {E} of insured {I} under contract {C} changed by {O} after it was final (settlement {T}); "
                          "settle the difference with provider {V}.")
    ROW("cost_changed", "The cost of episode {E} of insured {I}, which has no contract, changed by {O} after it was final (settlement {T}); "
                        "this is for information.")
#undef ROW
};

static const char *sentence_of_kind(struct bytes kind)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (bytes_equal(kinds[i].kind, kind))
            return kinds[i].sentence;
    must(!"a kind of alert that has no sentence");
    return NULL;
}

static const char *sentence_of(const struct alert *alert)
{
    struct bytes kind = last_part(alert->subject);
    bool costs_nothing = alert->prevented.value == 0 && alert->observed.value > 0; /* of a double payment */
    switch (alert->type) {
    case ALERT_episode_outlier: return sentence_of_kind(kind);
    case ALERT_settlement_changed: return sentence_of_kind(bytes_is_null(alert->contract) ? BYTES("cost_changed") : BYTES("result_changed"));
    case ALERT_double_payment: break;
    default: return sentences[alert->type];
    }
    if (costs_nothing && bytes_equal(kind, BYTES("same_care")))
        kind = BYTES("flagged");
    if (costs_nothing && bytes_equal(kind, BYTES("repeated")))
        kind = BYTES("repeated_credit");
    return sentence_of_kind(kind);
}

static void add_field(struct text *text, const struct alert *alert, char field)
{
    switch (field) {
    case 'O': add_number(text, alert->observed, alert->unit); break;
    case 'L': add_number(text, alert->limit, alert->unit); break;
    case 'P': text_add_euros(text, alert->prevented.value); break;
    case 'I': text_add(text, alert->insured); break;
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
