/* alert.h - the set of raised alerts: a function of a person's history, the reference and as_of (§10).
 * Owner:   the arena of the history; strings are borrowed from the book, the lines and the history.
 * Threads: with its engine.
 *
 * An alert is raised as fields, by its row in alerts.def; subject, key and message are made of them last, and
 * never read again. */
#ifndef BUNDELWACHT_ENGINE_ALERT_H
#define BUNDELWACHT_ENGINE_ALERT_H

#include "engine/history.h"
#include "engine/text.h"

#define ALERT(type, about, part, severity, unit, depends, sentence)
#define ALERT_KIND(type, kind, word, severity, sentence) ALERT_KIND_##kind,
enum alert_kind {
    ALERT_KIND_NONE,
#include "engine/alerts.def"
    ALERT_KIND_COUNT
};

enum alert_about { ABOUT_EPISODE, ABOUT_DECLARATION, ABOUT_EPISODE_LINE };
enum alert_part { PART_NOTHING, PART_THRESHOLD, PART_KIND, PART_NAME, PART_SETTLEMENT };
enum alert_depends { DEPENDS_COST, DEPENDS_CARE };
/* Where a row leaves it to the kind or to the book; no alert is sent with one of them. */
enum { SEVERITY_KIND = SEVERITY_CRITICAL + 1, SEVERITY_BOOK, UNIT_BOOK = UNIT_COUNT + 1 };

struct alert_row {
    uint8_t about, part, severity, unit, depends; /* the enums above */
    const char *sentence;                         /* NULL: its kinds have one each */
};
struct alert_kind_row {
    uint8_t type, severity;
    struct bytes word; /* in the subject */
    const char *sentence;
};
extern const struct alert_row alert_rows[ALERT_TYPE_COUNT];
extern const struct alert_kind_row alert_kind_rows[ALERT_KIND_COUNT]; /* nothing under ALERT_KIND_NONE */

struct raised {
    struct alert alert; /* without message, cause, revision, as_of and book */
    uint8_t kind;       /* enum alert_kind */
    int32_t threshold;  /* in per mille, of PART_THRESHOLD */
    int32_t settlement; /* its number, of PART_SETTLEMENT */
    struct bytes name;  /* in the book, of PART_NAME */
    struct bytes
        id; /* of the declaration in its subject: what follows `insured/` in the key of the decision */
    struct bytes key;   /* insured/insurer/type/subject */
    const struct line *line;       /* whose declaration the subject names, or NULL */
    const struct episode *episode; /* whose key `alert.episode` is, or NULL */
};

struct alert_set {
    struct history *history;
    struct raised **items; /* by key after alerts_raise */
    size_t count, capacity;
};

void alerts_raise(struct history *history, struct alert_set *ret_set);
/* The part of the set that a line by itself can change (append.h): what is raised of the only line of the
 * history, and what depends on the cost and the sums of the episodes that it has a share in. */
void alerts_raise_of_line(struct history *history, struct alert_set *ret_set);
/* The next date after as_of on which the clock alone changes a state, a projection or an alert of this
 * history (§9), or DAY_NONE. */
int32_t history_due(const struct history *history);

/* --- texts, in `arena` (alert_message.c) --- */

/* What its row says of an alert that is being raised: type, unit and, but for a kind's or the book's,
 * severity. */
void raised_begin(struct raised *raised, enum alert_type type);
void raised_of_kind(struct raised *raised, enum alert_kind kind);
/* Its subject and its key, of the fields that the row asks for. */
void raised_end(struct arena *arena, struct raised *raised);
struct bytes alert_key(struct arena *arena, const struct alert *alert);
/* One sentence made of the other fields, money in euros. */
struct bytes alert_message(struct arena *arena, const struct raised *raised);

#endif
