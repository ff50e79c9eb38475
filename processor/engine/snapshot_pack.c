#include "engine/pack.h"
#include "engine/snapshot_person.h"

static void pack_declaration(struct buffer *buffer, const struct declaration *d)
{
    const int64_t numbers[] = { d->amount,     d->submitted_at, d->insurer, d->birth_date,
                                d->start_date, d->end_date,     d->quantity, d->serial };
    const uint8_t bytes[] = { d->kind, d->diagnosis_system, d->care_type, d->laterality };
    for (size_t i = 0; i < DECLARATION_TEXTS; i++)
        if (&d->texts[i] != &d->insured) /* the person has it */
            pack_bytes(buffer, d->texts[i]);
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

static void pack_shares(struct buffer *buffer, const struct sent_share *shares, size_t count)
{
    pack_number(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        pack_number(buffer, shares[i].episode);
        pack_number(buffer, shares[i].cents);
    }
}

static void pack_measures(struct buffer *buffer, const struct measure *measures, size_t count)
{
    pack_number(buffer, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        pack_bytes(buffer, measures[i].name);
        pack_maybe(buffer, measures[i].value);
    }
}

/* What was sent is packed class by class (BY_CLASS of output_rows.h), each class in the order of outputs.def;
 * snapshot_unpack.c takes the same classes in the same order. */
#define PACK_SHARES(from, name) pack_shares(buffer, (from)->name, (from)->name##_count);
#define PACK_MEASURES(from, name) pack_measures(buffer, (from)->name, (from)->name##_count);

static void pack_sent_decision(struct buffer *buffer, const struct sent_decision *sent)
{
    pack_number(buffer, sent->revision);
    if (sent->revision == 0)
        return;
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(buffer_add_byte(buffer, sent->name);, , , , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , pack_number(buffer, sent->name);, , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(, pack_bytes(buffer, sent->name);, , , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , , , PACK_##type(sent, name)))
#include "engine/outputs.def"
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
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(buffer_add_byte(buffer, last->name);, , , , ))
#include "engine/outputs.def"
    buffer_add_byte(buffer, sent->settled_once);
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, pack_bytes(buffer, last->name);, , , ))
#include "engine/outputs.def"
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , pack_number(buffer, last->name);, , ))
#include "engine/outputs.def"
    pack_number(buffer, sent->settled_value);
    pack_number(buffer, sent->final_after);
    pack_number(buffer, sent->voided);
#define EPISODE_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , pack_maybe(buffer, last->name);, ))
#include "engine/outputs.def"
#define EPISODE_FIELD(name, type, null, role)                                                                \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , , PACK_##type(last, name)))
#include "engine/outputs.def"
    pack_ground(buffer, sent);
}

static void pack_sent_alert(struct buffer *buffer, const struct sent_alert *sent)
{
    const struct alert *last = &sent->last;
#define ALERT_FIELD(name, type, null, role) \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(buffer_add_byte(buffer, last->name);, , , , ))
#include "engine/outputs.def"
    pack_bytes(buffer, sent->key);
#define ALERT_FIELD(name, type, null, role)                                                                  \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, pack_bytes(buffer, last->name);, , , ))
#include "engine/outputs.def"
#define ALERT_FIELD(name, type, null, role)                                                                  \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , , pack_maybe(buffer, last->name);, ))
#include "engine/outputs.def"
#define ALERT_FIELD(name, type, null, role)                                                                  \
    IF_REMEMBERED_##role(BY_CLASS_##type##_##null(, , pack_number(buffer, last->name);, , ))
#include "engine/outputs.def"
    pack_index(buffer, sent->line);
}

void person_pack(struct buffer *buffer, struct person *person)
{
    const int64_t numbers[] = { person->due,           person->forget_due,     person->has_rest,
                                person->sums.standing, person->sums.cost,      person->sums.outside,
                                person->lines_count,   person->episodes_count, person->alerts_count };
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
