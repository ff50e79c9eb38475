#include "engine/pack.h"
#include "engine/snapshot_person.h"

static void pack_declaration(struct buffer *buffer, const struct declaration *d)
{
    const struct bytes spans[] = { d->declaration_id, d->credits_id, d->provider, d->referrer, d->specialism, d->diagnosis, d->care_code,
                                   d->subtype, d->trajectory };
    const int64_t numbers[] = { d->amount, d->submitted_at, d->insurer, d->birth_date, d->start_date, d->end_date, d->quantity };
    const uint8_t bytes[] = { d->kind, d->diagnosis_system, d->care_type, d->laterality };
    for (size_t i = 0; i < COUNT(spans); i++)
        pack_bytes(buffer, spans[i]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        pack_number(buffer, numbers[i]);
    buffer_add(buffer, bytes, sizeof(bytes));
}

static void pack_repeats(struct buffer *buffer, const struct line *line)
{
    for (const struct repeat *repeat = line->repeats; repeat; repeat = repeat->next) {
        buffer_add_byte(buffer, 1);
        pack_bytes(buffer, repeat->provider);
        pack_bytes(buffer, repeat->care_code);
        pack_number(buffer, repeat->submitted_at);
        pack_number(buffer, repeat->amount);
        pack_number(buffer, repeat->insurer);
        pack_number(buffer, repeat->start_date);
        buffer_add_byte(buffer, repeat->kind);
        buffer_add_byte(buffer, repeat->care_type);
        buffer_add_byte(buffer, repeat->conflicting);
    }
    buffer_add_byte(buffer, 0);
}

static void pack_sent_decision(struct buffer *buffer, const struct sent_decision *sent)
{
    pack_number(buffer, sent->revision);
    if (sent->revision == 0)
        return;
    const int64_t amounts[] = { sent->payable, sent->covered, sent->withheld, sent->refused, sent->reversed, sent->outside };
    buffer_add_byte(buffer, sent->status);
    buffer_add_byte(buffer, sent->reason);
    for (size_t i = 0; i < COUNT(amounts); i++)
        pack_number(buffer, amounts[i]);
    pack_bytes(buffer, sent->evidence);
    pack_number(buffer, sent->shares_count);
    for (uint32_t i = 0; i < sent->shares_count; i++) {
        pack_number(buffer, sent->shares[i].episode);
        pack_number(buffer, sent->shares[i].cents);
    }
}

static void pack_line(struct buffer *buffer, const struct line *line)
{
    pack_declaration(buffer, &line->declaration);
    buffer_add(buffer, &line->content, sizeof(line->content));
    buffer_add_byte(buffer, line->no_rule);
    buffer_add_byte(buffer, line->out_of_horizon);
    buffer_add_byte(buffer, line->is_partial);
    pack_repeats(buffer, line);
    pack_sent_decision(buffer, &line->sent);
}

/* Its index in the person's lines, from 1; 0: none. */
static void pack_index(struct buffer *buffer, const struct line *line)
{
    pack_number(buffer, line ? (int64_t)line->at + 1 : 0);
}

/* What ties an episode that stands to the book and to its lines; a void one has nothing of it any more. */
static void pack_ground(struct buffer *buffer, const struct sent_episode *sent)
{
    if (sent->last.state == STATE_VOID)
        return;
    pack_number(buffer, sent->bundle_at);
    pack_bytes(buffer, sent->contract ? sent->contract->id : BYTES_NULL);
    pack_index(buffer, sent->opening);
    pack_index(buffer, sent->first_price);
}

static void pack_sent_episode(struct buffer *buffer, const struct sent_episode *sent)
{
    const struct episode_output *last = &sent->last;
    const struct bytes spans[] = { last->episode, last->bundle, last->side, last->ended_by, last->provider, last->contract, last->contractor,
                                   last->stratum, last->opening_declaration };
    const int64_t numbers[] = { last->insurer, last->opened_on, last->opens_window, last->closes_on, last->cost, last->covered, last->price,
                                last->known_on, last->lines, last->settlement_revision, last->revision, sent->settled_value, sent->final_after };
    const struct maybe maybes[] = { last->contract_version, last->budget, last->charged, last->result, last->projected, last->settlement_delta };
    const uint8_t bytes[] = { last->state, last->after_final, sent->settled_once };
    buffer_add(buffer, bytes, sizeof(bytes));
    for (size_t i = 0; i < COUNT(spans); i++)
        pack_bytes(buffer, spans[i]);
    for (size_t i = 0; i < COUNT(numbers); i++)
        pack_number(buffer, numbers[i]);
    for (size_t i = 0; i < COUNT(maybes); i++)
        pack_maybe(buffer, maybes[i]);
    pack_number(buffer, (int64_t)last->measures_count);
    for (size_t i = 0; i < last->measures_count; i++) {
        pack_bytes(buffer, last->measures[i].name);
        pack_maybe(buffer, last->measures[i].value);
    }
    pack_ground(buffer, sent);
}

static void pack_sent_alert(struct buffer *buffer, const struct sent_alert *sent)
{
    const struct alert *last = &sent->last;
    const struct bytes spans[] = { sent->key, last->subject, last->bundle, last->episode, last->provider, last->contract, last->contractor,
                                   last->declaration_id, last->evidence, last->message };
    const struct maybe maybes[] = { last->observed, last->limit, last->prevented };
    const uint8_t bytes[] = { last->type, last->action, last->severity, last->unit };
    buffer_add(buffer, bytes, sizeof(bytes));
    for (size_t i = 0; i < COUNT(spans); i++)
        pack_bytes(buffer, spans[i]);
    for (size_t i = 0; i < COUNT(maybes); i++)
        pack_maybe(buffer, maybes[i]);
    pack_number(buffer, last->insurer);
    pack_number(buffer, last->revision);
    pack_index(buffer, sent->line);
}

void person_pack(struct buffer *buffer, struct person *person)
{
    const int64_t numbers[] = { person->due, person->forget_due, person->has_rest, person->sums.standing, person->sums.cost,
                                person->sums.outside, person->lines_count, person->episodes_count, person->alerts_count };
    pack_bytes(buffer, person->insured);
    for (size_t i = 0; i < COUNT(numbers); i++)
        pack_number(buffer, numbers[i]);
    for (uint32_t i = 0; i < person->lines_count; i++) {
        person->lines[i]->at = i;
        pack_line(buffer, person->lines[i]);
    }
    for (uint32_t i = 0; i < person->episodes_count; i++)
        pack_sent_episode(buffer, &person->episodes[i]);
    for (uint32_t i = 0; i < person->alerts_count; i++)
        pack_sent_alert(buffer, person->alerts[i]);
}
