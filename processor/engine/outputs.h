/* outputs.h - what a record decided, as plain structs, in the order in which it is sent (§11).
 * Owner:   the outputs own everything they point to, until outputs_clear; strings of the book and of the
 * person are borrowed and live until the next engine_accept or engine_advance. So: encode, then go on. Units:
 * cents, days, milliseconds as in the names of §11. Threads: one at a time. */
#ifndef BUNDELWACHT_ENGINE_OUTPUTS_H
#define BUNDELWACHT_ENGINE_OUTPUTS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "engine/output_rows.h"

/* A number that may be null. */
struct maybe {
    bool known;
    int64_t value;
};

/* One row per status: its name and the account that the amount of such a decision goes to (§7). */
#define STATUSES(X)                                                                                       \
    X(FEE_FOR_SERVICE, PAYABLE) X(BUNDLED, SHARES) X(SPLIT, SHARES) X(BUNDLE_PRICE, PAYABLE)              \
    X(BUNDLE_PRICE_REPEATED, REFUSED) X(PRICE_UNPLACED, WITHHELD) X(HELD, WITHHELD)                       \
    X(REPEATED, REFUSED) X(CONFLICTING, WITHHELD) X(OUT_OF_HORIZON, WITHHELD)                             \
    X(CREDIT_PENDING, WITHHELD) X(CREDIT_MISMATCH, WITHHELD) X(CREDIT_APPLIED, REVERSED)                  \
    X(CREDIT_EXCESS, REFUSED) X(CREDITED, REVERSED)                                                       \
    /* of no money, in whatever account */                                                                \
    X(RELEASE_PENDING, PAYABLE) X(RELEASE_MISMATCH, PAYABLE) X(RELEASE_APPLIED, PAYABLE)                  \
    X(RELEASE_EXCESS, PAYABLE)
enum account { ACCOUNT_PAYABLE, ACCOUNT_WITHHELD, ACCOUNT_REFUSED, ACCOUNT_REVERSED, ACCOUNT_SHARES };
#define AS_STATUS(name, account) STATUS_##name,
enum status { STATUSES(AS_STATUS) STATUS_COUNT };
#undef AS_STATUS
extern const struct bytes status_names[STATUS_COUNT];
extern const uint8_t status_accounts[STATUS_COUNT];

#define REASONS(X) X(no_rule) X(no_episode) X(other_side) X(out_of_scope) X(same_care) X(after_end)
#define AS_REASON(name) REASON_##name,
enum reason { REASON_NONE, REASONS(AS_REASON) REASON_COUNT };
#undef AS_REASON
extern const struct bytes reason_names[REASON_COUNT]; /* REASON_NONE is null */

#define STATES(X) X(OPEN) X(RUN_OUT) X(SETTLED) X(VOID)
#define AS_STATE(name) STATE_##name,
enum state { STATES(AS_STATE) STATE_COUNT };
#undef AS_STATE
extern const struct bytes state_names[STATE_COUNT];

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_CRITICAL };
extern const struct bytes severity_names[3];
enum action { ACTION_RAISED, ACTION_CLEARED };
extern const struct bytes action_names[2];
enum unit { UNIT_CENTS, UNIT_DAYS, UNIT_COUNT };
extern const struct bytes unit_names[3];

/* All that is said of a type stands in its row (alerts.def, alert.h). */
#define ALERT(type, about, part, severity, unit, depends, sentence) ALERT_##type,
#define ALERT_KIND(type, kind, word, severity, sentence)
enum alert_type {
#include "engine/alerts.def"
    ALERT_TYPE_COUNT
};
extern const struct bytes alert_type_names[ALERT_TYPE_COUNT];
#define type_names alert_type_names /* the symbols of a WORD in outputs.def are called after its field */

struct share {
    struct bytes episode; /* its key */
    int64_t cents;
};
struct measure {
    struct bytes name;
    struct maybe value;
};

/* Their fields are the rows of outputs.def, in the order of §11. */
struct decision {
#define DECISION_FIELD MEMBER
#include "engine/outputs.def"
};
struct episode_output {
#define EPISODE_FIELD MEMBER
#include "engine/outputs.def"
};
struct alert {
#define ALERT_FIELD MEMBER
#include "engine/outputs.def"
};

enum output_kind { OUTPUT_DECISION, OUTPUT_EPISODE, OUTPUT_ALERT, OUTPUT_KIND_COUNT };
struct output {
    uint8_t kind;
    struct bytes key;
    union {
        struct decision decision;
        struct episode_output episode;
        struct alert alert;
    };
};
struct outputs {
    struct arena arena;
    struct output *items;
    size_t count, capacity;
};

void outputs_init(struct outputs *outputs);
void outputs_clear(struct outputs *outputs);
void outputs_release(struct outputs *outputs);
/* The next output, zeroed but for its kind; valid until the next outputs_add. */
struct output *outputs_add(struct outputs *outputs, enum output_kind kind);
/* A copy that lives as long as the arena: every text, share and measure too. */
void output_copy(struct arena *arena, const struct output *from, struct output *ret_copy);

/* What §11 asks of an episode and §10 of an alert that was sent before: every field of the role STATE is the
 * same. */
bool episode_state_equal(const struct episode_output *a, const struct episode_output *b);
bool alert_state_equal(const struct alert *a, const struct alert *b);
static inline bool maybe_equal(struct maybe a, struct maybe b)
{
    return a.known == b.known && (!a.known || a.value == b.value);
}

#endif
