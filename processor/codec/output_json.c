#include "codec/output_codec.h"

#include "codec/json_write.h"

/* The order of the calls is the order of the fields in schemas/. `name` is all that stands before the value. */

static void string_field(struct buffer *buffer, struct bytes name, struct bytes text)
{
    buffer_add_bytes(buffer, name);
    json_add_string(buffer, text);
}

static void number_field(struct buffer *buffer, struct bytes name, int64_t number)
{
    buffer_add_bytes(buffer, name);
    json_add_number(buffer, number);
}

static void maybe_field(struct buffer *buffer, struct bytes name, struct maybe number)
{
    if (number.known)
        number_field(buffer, name, number.value);
    else
        string_field(buffer, name, BYTES_NULL);
}

static void day_field(struct buffer *buffer, struct bytes name, int32_t day)
{
    buffer_add_bytes(buffer, name);
    json_add_day(buffer, day);
}

static void moment_field(struct buffer *buffer, struct bytes name, int64_t moment)
{
    buffer_add_bytes(buffer, name);
    json_add_moment(buffer, moment);
}

static void boolean_field(struct buffer *buffer, struct bytes name, bool value)
{
    buffer_add_bytes(buffer, name);
    json_add_boolean(buffer, value);
}

static void base64_field(struct buffer *buffer, struct bytes name, struct bytes bytes)
{
    buffer_add_bytes(buffer, name);
    json_add_base64(buffer, bytes);
}

static void shares_field(struct buffer *buffer, struct bytes name, const struct share *shares, size_t count)
{
    buffer_add_bytes(buffer, name);
    buffer_add_byte(buffer, '[');
    for (size_t i = 0; i < count; i++) {
        string_field(buffer, i ? BYTES(",{\"episode\":") : BYTES("{\"episode\":"), shares[i].episode);
        number_field(buffer, BYTES(",\"cents\":"), shares[i].cents);
        buffer_add_byte(buffer, '}');
    }
    buffer_add_byte(buffer, ']');
}

static void measures_field(struct buffer *buffer, struct bytes name, const struct measure *measures, size_t count)
{
    buffer_add_bytes(buffer, name);
    buffer_add_byte(buffer, '[');
    for (size_t i = 0; i < count; i++) {
        string_field(buffer, i ? BYTES(",{\"name\":") : BYTES("{\"name\":"), measures[i].name);
        maybe_field(buffer, BYTES(",\"value\":"), measures[i].value);
        buffer_add_byte(buffer, '}');
    }
    buffer_add_byte(buffer, ']');
}

static void tail_fields(struct buffer *buffer, struct bytes cause, int32_t revision, int32_t as_of, struct bytes book)
{
    string_field(buffer, BYTES(",\"cause\":"), cause);
    number_field(buffer, BYTES(",\"revision\":"), revision);
    day_field(buffer, BYTES(",\"as_of\":"), as_of);
    string_field(buffer, BYTES(",\"book\":"), book);
    buffer_add_byte(buffer, '}');
}

static void decision_to_json(const struct decision *d, struct buffer *buffer)
{
    string_field(buffer, BYTES(",\"insured\":"), d->insured);
    string_field(buffer, BYTES(",\"declaration_id\":"), d->declaration_id);
    moment_field(buffer, BYTES(",\"submitted_at\":"), d->submitted_at);
    string_field(buffer, BYTES(",\"kind\":"), kind_names[d->kind]);
    number_field(buffer, BYTES(",\"insurer\":"), d->insurer);
    string_field(buffer, BYTES(",\"provider\":"), d->provider);
    string_field(buffer, BYTES(",\"care_type\":"), care_type_names[d->care_type]);
    string_field(buffer, BYTES(",\"care_code\":"), d->care_code);
    day_field(buffer, BYTES(",\"start_date\":"), d->start_date);
    number_field(buffer, BYTES(",\"amount\":"), d->amount);
    string_field(buffer, BYTES(",\"status\":"), status_names[d->status]);
    string_field(buffer, BYTES(",\"reason\":"), reason_names[d->reason]);
    number_field(buffer, BYTES(",\"payable\":"), d->payable);
    number_field(buffer, BYTES(",\"covered\":"), d->covered);
    number_field(buffer, BYTES(",\"withheld\":"), d->withheld);
    number_field(buffer, BYTES(",\"refused\":"), d->refused);
    number_field(buffer, BYTES(",\"reversed\":"), d->reversed);
    shares_field(buffer, BYTES(",\"shares\":"), d->shares, d->shares_count);
    number_field(buffer, BYTES(",\"outside\":"), d->outside);
    string_field(buffer, BYTES(",\"evidence\":"), d->evidence);
    tail_fields(buffer, d->cause, d->revision, d->as_of, d->book);
}

static void episode_to_json(const struct episode_output *e, struct buffer *buffer)
{
    string_field(buffer, BYTES(",\"insured\":"), e->insured);
    number_field(buffer, BYTES(",\"insurer\":"), e->insurer);
    string_field(buffer, BYTES(",\"episode\":"), e->episode);
    string_field(buffer, BYTES(",\"bundle\":"), e->bundle);
    string_field(buffer, BYTES(",\"side\":"), e->side);
    string_field(buffer, BYTES(",\"state\":"), state_names[e->state]);
    day_field(buffer, BYTES(",\"opened_on\":"), e->opened_on);
    day_field(buffer, BYTES(",\"opens_window\":"), e->opens_window);
    day_field(buffer, BYTES(",\"closes_on\":"), e->closes_on);
    string_field(buffer, BYTES(",\"ended_by\":"), e->ended_by);
    string_field(buffer, BYTES(",\"provider\":"), e->provider);
    string_field(buffer, BYTES(",\"contract\":"), e->contract);
    maybe_field(buffer, BYTES(",\"contract_version\":"), e->contract_version);
    string_field(buffer, BYTES(",\"contractor\":"), e->contractor);
    string_field(buffer, BYTES(",\"stratum\":"), e->stratum);
    maybe_field(buffer, BYTES(",\"budget\":"), e->budget);
    maybe_field(buffer, BYTES(",\"charged\":"), e->charged);
    maybe_field(buffer, BYTES(",\"result\":"), e->result);
    number_field(buffer, BYTES(",\"cost\":"), e->cost);
    number_field(buffer, BYTES(",\"covered\":"), e->covered);
    number_field(buffer, BYTES(",\"price\":"), e->price);
    maybe_field(buffer, BYTES(",\"projected\":"), e->projected);
    string_field(buffer, BYTES(",\"opening_declaration\":"), e->opening_declaration);
    day_field(buffer, BYTES(",\"known_on\":"), e->known_on);
    number_field(buffer, BYTES(",\"lines\":"), e->lines);
    measures_field(buffer, BYTES(",\"measures\":"), e->measures, e->measures_count);
    number_field(buffer, BYTES(",\"settlement_revision\":"), e->settlement_revision);
    maybe_field(buffer, BYTES(",\"settlement_delta\":"), e->settlement_delta);
    boolean_field(buffer, BYTES(",\"after_final\":"), e->after_final);
    tail_fields(buffer, e->cause, e->revision, e->as_of, e->book);
}

static void alert_to_json(const struct alert *a, struct buffer *buffer)
{
    string_field(buffer, BYTES(",\"insured\":"), a->insured);
    number_field(buffer, BYTES(",\"insurer\":"), a->insurer);
    string_field(buffer, BYTES(",\"type\":"), alert_type_names[a->type]);
    string_field(buffer, BYTES(",\"subject\":"), a->subject);
    string_field(buffer, BYTES(",\"action\":"), action_names[a->action]);
    string_field(buffer, BYTES(",\"severity\":"), severity_names[a->severity]);
    string_field(buffer, BYTES(",\"bundle\":"), a->bundle);
    string_field(buffer, BYTES(",\"episode\":"), a->episode);
    string_field(buffer, BYTES(",\"provider\":"), a->provider);
    string_field(buffer, BYTES(",\"contract\":"), a->contract);
    string_field(buffer, BYTES(",\"contractor\":"), a->contractor);
    string_field(buffer, BYTES(",\"declaration_id\":"), a->declaration_id);
    maybe_field(buffer, BYTES(",\"observed\":"), a->observed);
    maybe_field(buffer, BYTES(",\"limit\":"), a->limit);
    string_field(buffer, BYTES(",\"unit\":"), unit_names[a->unit]);
    maybe_field(buffer, BYTES(",\"prevented\":"), a->prevented);
    string_field(buffer, BYTES(",\"evidence\":"), a->evidence);
    string_field(buffer, BYTES(",\"message\":"), a->message);
    tail_fields(buffer, a->cause, a->revision, a->as_of, a->book);
}

void output_to_json(const struct output *output, struct buffer *buffer)
{
    string_field(buffer, BYTES("{\"key\":"), output->key);
    switch ((enum output_kind)output->kind) {
    case OUTPUT_DECISION: decision_to_json(&output->decision, buffer); break;
    case OUTPUT_EPISODE: episode_to_json(&output->episode, buffer); break;
    case OUTPUT_ALERT: alert_to_json(&output->alert, buffer); break;
    case OUTPUT_KIND_COUNT: break;
    }
}

void dead_letter_to_json(const struct dead_letter *letter, struct buffer *buffer)
{
    string_field(buffer, BYTES("{\"key\":"), letter->key);
    string_field(buffer, BYTES(",\"source\":"), letter->source);
    number_field(buffer, BYTES(",\"partition\":"), letter->partition);
    number_field(buffer, BYTES(",\"offset\":"), letter->offset);
    string_field(buffer, BYTES(",\"reason\":"), letter->reason);
    string_field(buffer, BYTES(",\"message\":"), letter->message);
    base64_field(buffer, BYTES(",\"value\":"), letter->value);
    buffer_add_byte(buffer, '}');
}

void declaration_to_json(const struct declaration *d, struct buffer *buffer)
{
    string_field(buffer, BYTES("{\"declaration_id\":"), d->declaration_id);
    string_field(buffer, BYTES(",\"kind\":"), kind_names[d->kind]);
    string_field(buffer, BYTES(",\"credits_id\":"), d->credits_id);
    number_field(buffer, BYTES(",\"insurer\":"), d->insurer);
    string_field(buffer, BYTES(",\"insured\":"), d->insured);
    day_field(buffer, BYTES(",\"birth_date\":"), d->birth_date);
    string_field(buffer, BYTES(",\"provider\":"), d->provider);
    string_field(buffer, BYTES(",\"referrer\":"), d->referrer);
    string_field(buffer, BYTES(",\"specialism\":"), d->specialism);
    string_field(buffer, BYTES(",\"diagnosis_system\":"), diagnosis_system_names[d->diagnosis_system]);
    string_field(buffer, BYTES(",\"diagnosis\":"), d->diagnosis);
    string_field(buffer, BYTES(",\"care_type\":"), care_type_names[d->care_type]);
    string_field(buffer, BYTES(",\"care_code\":"), d->care_code);
    string_field(buffer, BYTES(",\"subtype\":"), d->subtype);
    string_field(buffer, BYTES(",\"trajectory\":"), d->trajectory);
    string_field(buffer, BYTES(",\"laterality\":"), laterality_names[d->laterality]);
    day_field(buffer, BYTES(",\"start_date\":"), d->start_date);
    day_field(buffer, BYTES(",\"end_date\":"), d->end_date);
    number_field(buffer, BYTES(",\"quantity\":"), d->quantity);
    number_field(buffer, BYTES(",\"amount\":"), d->amount);
    moment_field(buffer, BYTES(",\"submitted_at\":"), d->submitted_at);
    buffer_add_byte(buffer, '}');
}
