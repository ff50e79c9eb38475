/* line.h - an original declaration as the rules see it, kept in full (§2, §4).
 * Owner:   a line is one piece of its partition's pool, strings included.
 * Units:   as in declaration.h.
 * Threads: with its engine. */
#ifndef BUNDELWACHT_ENGINE_LINE_H
#define BUNDELWACHT_ENGINE_LINE_H

#include "engine/criterion.h"
#include "engine/outputs.h"

/* A later record with the id of an original: REPEATED or CONFLICTING (§2). What its decision says is fixed
 * when it comes. */
struct repeat {
    struct repeat *next;     /* in the order of the log */
    size_t size;             /* of this piece of the pool */
    struct bytes id;         /* id~submitted_at in milliseconds: what follows `insured/` in its key */
    struct bytes provider, care_code;
    int64_t submitted_at, amount;
    int32_t insurer, start_date;
    uint8_t kind, care_type;
    bool conflicting;
};

/* The part of a decision that can change, as it was sent last. */
struct sent_share {
    uint32_t episode; /* index into the person's sent episodes */
    int64_t cents;
};
/* Its fields of the role STATE. A text in it is the id of another line of the person, in that line's memory;
 * shares are a piece of the pool. There is one for every line, so the small members stand together. */
struct sent_decision {
    int32_t revision; /* 0: nothing was sent */
#define SENT_SHARES(name)  \
    uint32_t name##_count; \
    struct sent_share *name;
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(MEMBER_##type##_##null(name), , , , ))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role)                                                               \
    IF_STATE_##role(BY_CLASS_##type##_##null(, , , , SENT_##type(name)))
#include "engine/outputs.def"
#define DECISION_FIELD(name, type, null, role) \
    IF_STATE_##role(BY_CLASS_##type##_##null(, MEMBER_##type##_##null(name), MEMBER_##type##_##null(name), \
                                             MEMBER_##type##_##null(name), ))
#include "engine/outputs.def"
};

struct line {
    struct declaration declaration; /* of a promoted line only what a CREDITED decision repeats */
    uint64_t content;               /* hash of every field but submitted_at (§2) */
    size_t size;                    /* of this piece of the pool */
    bool no_rule;                   /* meets the condition of no_rule (§7) */
    bool out_of_horizon;
    bool is_partial;                /* promoted */
    uint32_t at;                    /* in its person's lines, while a snapshot is taken */
    struct repeat *repeats;
    struct sent_decision sent;
    uint64_t criteria[]; /* the set of those that accept it; then the strings */
};

/* The hash of what must be equal for a record to be the same again: every field but submitted_at. */
uint64_t declaration_content(const struct declaration *declaration);

struct line *line_new(struct pool *pool, const struct declaration *declaration, const uint64_t criteria[],
                      size_t words);
void line_free(struct pool *pool, struct line *line);
struct repeat *repeat_new(struct pool *pool, const struct declaration *declaration, bool conflicting);

/* `id~submitted_at in milliseconds` into text of at least DECLARATION_ID_BYTES_MAX + 16 bytes. */
struct bytes repeat_id(struct bytes declaration_id, int64_t submitted_at, char *text);

static inline bool line_accepted_by(const struct line *line, int32_t criterion)
{
    return criteria_has(line->criteria, criterion);
}

/* The care order of §4; no two lines of a person are equal in it. */
int line_care_compare(const struct line *a, const struct line *b);
/* (submitted_at, declaration_id): the order of credits (§3), of a group (§4) and of prices (§7). */
int line_submitted_compare(const struct line *a, const struct line *b);

#endif
