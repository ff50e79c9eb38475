/* alert_message.c - the texts of an alert: its subject, its key, and one sentence that someone at 3 am
 * understands (§10, §11). */
#include "engine/alert.h"

#include "base/must.h"

/* --- rows --- */

#define ALERT(type, about, part, severity, unit, depends, sentence)                                          \
    [ALERT_##type] = { ABOUT_##about, PART_##part,       SEVERITY_##severity,                                \
                       UNIT_##unit,   DEPENDS_##depends, sentence },
#define ALERT_KIND(type, kind, word, severity, sentence)
const struct alert_row alert_rows[ALERT_TYPE_COUNT] = {
#include "engine/alerts.def"
};

#define ALERT(type, about, part, severity, unit, depends, sentence)
#define ALERT_KIND(type, kind, word, severity, sentence) \
    [ALERT_KIND_##kind] = { ALERT_##type, SEVERITY_##severity, { word, sizeof(word) - 1 }, sentence },
const struct alert_kind_row alert_kind_rows[ALERT_KIND_COUNT] = {
#include "engine/alerts.def"
};

void raised_begin(struct raised *raised, enum alert_type type)
{
    raised->alert.type = (uint8_t)type;
    raised->alert.action = ACTION_RAISED;
    raised->alert.severity = alert_rows[type].severity;
    raised->alert.unit = alert_rows[type].unit;
}

void raised_of_kind(struct raised *raised, enum alert_kind kind)
{
    const struct alert_kind_row *row = &alert_kind_rows[kind];
    must(row->type == raised->alert.type);
    raised->kind = (uint8_t)kind;
    raised->alert.severity = row->severity;
}

/* --- subject and key --- */

static void add_part(struct text *text, const struct raised *raised, uint8_t part)
{
    if (part == PART_NOTHING)
        return;
    TEXT_ADD(text, "/");
    switch ((enum alert_part)part) {
    case PART_THRESHOLD: text_add_number(text, raised->threshold); break;
    case PART_SETTLEMENT: text_add_number(text, raised->settlement); break;
    case PART_KIND: text_add(text, alert_kind_rows[raised->kind].word); break;
    case PART_NAME: text_add(text, raised->name); break;
    case PART_NOTHING: break;
    }
}

static struct bytes subject_of(struct arena *arena, const struct raised *raised)
{
    const struct alert_row *row = &alert_rows[raised->alert.type];
    struct text text = text_begin(arena);
    text_add(&text, row->about == ABOUT_DECLARATION ? raised->id : raised->alert.episode);
    add_part(&text, raised, row->part);
    if (row->about == ABOUT_EPISODE_LINE) {
        TEXT_ADD(&text, "/");
        text_add(&text, raised->id);
    }
    return text_end(&text);
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

void raised_end(struct arena *arena, struct raised *raised)
{
    must(raised->alert.severity <= SEVERITY_CRITICAL);
    must(raised->alert.unit <= UNIT_COUNT);
    raised->alert.subject = subject_of(arena, raised);
    raised->key = alert_key(arena, &raised->alert);
}

/* --- sentence --- */

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

static void add_field(struct text *text, const struct raised *raised, char field)
{
    const struct alert *alert = &raised->alert;
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
    case 'N': text_add(text, raised->name); break;
    case 'T': text_add_permille(text, raised->threshold); break;
    case 'S': text_add_number(text, raised->settlement); break;
    default: must(!"a field that sentences know");
    }
}

struct bytes alert_message(struct arena *arena, const struct raised *raised)
{
    const char *sentence = alert_rows[raised->alert.type].sentence;
    struct text text = text_begin(arena);
    for (const char *at = sentence ? sentence : alert_kind_rows[raised->kind].sentence; *at;) {
        const char *begin = at;
        while (*at && *at != '{')
            at++;
        text_add(&text, (struct bytes){ begin, (size_t)(at - begin) });
        if (*at) {
            add_field(&text, raised, at[1]);
            at += 3;
        }
    }
    return text_end(&text);
}
