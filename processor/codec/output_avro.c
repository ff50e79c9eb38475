#include "codec/output_codec.h"

#include "codec/avro_write.h"
#include "codec/json_write.h"

/* The order of the calls is the order of the fields in schemas/. */

static void write_maybe(struct buffer *buffer, struct maybe number)
{
    buffer_add_byte(buffer, number.known ? 2 : 0);
    if (number.known)
        write_long(buffer, number.value);
}

static void write_shares(struct buffer *buffer, const struct share *shares, size_t count)
{
    if (count > 0)
        write_long(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        write_span(buffer, shares[i].episode);
        write_long(buffer, shares[i].cents);
    }
    write_long(buffer, 0);
}

static void write_measures(struct buffer *buffer, const struct measure *measures, size_t count)
{
    if (count > 0)
        write_long(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        write_span(buffer, measures[i].name);
        write_maybe(buffer, measures[i].value);
    }
    write_long(buffer, 0);
}

static void write_tail(struct buffer *buffer, struct bytes cause, int32_t revision, int32_t as_of, struct bytes book)
{
    write_span(buffer, cause);
    write_long(buffer, revision);
    write_long(buffer, as_of);
    write_span(buffer, book);
}

static void decision_to_avro(const struct decision *d, struct buffer *buffer)
{
    write_span(buffer, d->insured);
    write_span(buffer, d->declaration_id);
    write_long(buffer, d->submitted_at);
    write_span(buffer, kind_names[d->kind]);
    write_long(buffer, d->insurer);
    write_span(buffer, d->provider);
    write_span(buffer, care_type_names[d->care_type]);
    write_span(buffer, d->care_code);
    write_long(buffer, d->start_date);
    write_long(buffer, d->amount);
    write_span(buffer, status_names[d->status]);
    write_optional_span(buffer, reason_names[d->reason]);
    write_long(buffer, d->payable);
    write_long(buffer, d->covered);
    write_long(buffer, d->withheld);
    write_long(buffer, d->refused);
    write_long(buffer, d->reversed);
    write_shares(buffer, d->shares, d->shares_count);
    write_long(buffer, d->outside);
    write_optional_span(buffer, d->evidence);
    write_tail(buffer, d->cause, d->revision, d->as_of, d->book);
}

static void episode_to_avro(const struct episode_output *e, struct buffer *buffer)
{
    write_span(buffer, e->insured);
    write_long(buffer, e->insurer);
    write_span(buffer, e->episode);
    write_span(buffer, e->bundle);
    write_span(buffer, e->side);
    write_span(buffer, state_names[e->state]);
    write_long(buffer, e->opened_on);
    write_long(buffer, e->opens_window);
    write_long(buffer, e->closes_on);
    write_optional_span(buffer, e->ended_by);
    write_span(buffer, e->provider);
    write_optional_span(buffer, e->contract);
    write_maybe(buffer, e->contract_version);
    write_optional_span(buffer, e->contractor);
    write_optional_span(buffer, e->stratum);
    write_maybe(buffer, e->budget);
    write_maybe(buffer, e->charged);
    write_maybe(buffer, e->result);
    write_long(buffer, e->cost);
    write_long(buffer, e->covered);
    write_long(buffer, e->price);
    write_maybe(buffer, e->projected);
    write_span(buffer, e->opening_declaration);
    write_long(buffer, e->known_on);
    write_long(buffer, e->lines);
    write_measures(buffer, e->measures, e->measures_count);
    write_long(buffer, e->settlement_revision);
    write_maybe(buffer, e->settlement_delta);
    write_boolean(buffer, e->after_final);
    write_tail(buffer, e->cause, e->revision, e->as_of, e->book);
}

static void alert_to_avro(const struct alert *a, struct buffer *buffer)
{
    write_span(buffer, a->insured);
    write_long(buffer, a->insurer);
    write_span(buffer, alert_type_names[a->type]);
    write_span(buffer, a->subject);
    write_span(buffer, action_names[a->action]);
    write_span(buffer, severity_names[a->severity]);
    write_optional_span(buffer, a->bundle);
    write_optional_span(buffer, a->episode);
    write_span(buffer, a->provider);
    write_optional_span(buffer, a->contract);
    write_optional_span(buffer, a->contractor);
    write_optional_span(buffer, a->declaration_id);
    write_maybe(buffer, a->observed);
    write_maybe(buffer, a->limit);
    write_span(buffer, unit_names[a->unit]);
    write_maybe(buffer, a->prevented);
    write_optional_span(buffer, a->evidence);
    write_span(buffer, a->message);
    write_tail(buffer, a->cause, a->revision, a->as_of, a->book);
}

void output_to_avro(const struct output *output, struct buffer *buffer)
{
    switch ((enum output_kind)output->kind) {
    case OUTPUT_DECISION: decision_to_avro(&output->decision, buffer); break;
    case OUTPUT_EPISODE: episode_to_avro(&output->episode, buffer); break;
    case OUTPUT_ALERT: alert_to_avro(&output->alert, buffer); break;
    case OUTPUT_KIND_COUNT: break;
    }
}

/* A key or a name that nobody has checked, as a string that every reader can read. */
static void write_checked(struct buffer *buffer, struct bytes text)
{
    struct buffer valid = { 0 };
    text_add_valid(&valid, text);
    write_span(buffer, buffer_bytes(&valid));
    buffer_release(&valid);
}

void dead_letter_to_avro(const struct dead_letter *letter, struct buffer *buffer)
{
    buffer_add_byte(buffer, bytes_is_null(letter->key) ? 0 : 2);
    if (!bytes_is_null(letter->key))
        write_checked(buffer, letter->key);
    write_checked(buffer, letter->source);
    write_long(buffer, letter->partition);
    write_long(buffer, letter->offset);
    write_span(buffer, letter->reason);
    write_span(buffer, letter->message);
    write_optional_span(buffer, letter->value);
}

void declaration_to_avro(const struct declaration *d, struct buffer *buffer)
{
    write_span(buffer, d->declaration_id);
    write_long(buffer, d->kind);
    write_optional_span(buffer, d->credits_id);
    write_long(buffer, d->insurer);
    write_span(buffer, d->insured);
    write_long(buffer, d->birth_date);
    write_span(buffer, d->provider);
    write_optional_span(buffer, d->referrer);
    write_optional_span(buffer, d->specialism);
    write_long(buffer, d->diagnosis_system);
    write_optional_span(buffer, d->diagnosis);
    write_long(buffer, d->care_type);
    write_span(buffer, d->care_code);
    write_optional_span(buffer, d->subtype);
    write_optional_span(buffer, d->trajectory);
    write_long(buffer, d->laterality);
    write_long(buffer, d->start_date);
    write_long(buffer, d->end_date);
    write_long(buffer, d->quantity);
    write_long(buffer, d->amount);
    write_long(buffer, d->submitted_at);
}
