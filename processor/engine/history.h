/* history.h - what the rules make of one person's kept lines: the plain recompute (§3 to §10).
 * Owner:   everything lives in the arena of the recompute, and ends with it. Lines belong to the person.
 * Units:   cents and days.
 * Errors:  none.
 * Threads: with its engine.
 *
 * The steps, each in its own file: credits (§3), duplicates (§4), lanes by insurer, episodes with their windows (§6), prices and
 * allocation (§7), settlement (§8, §9). Each sees only what the steps before it have left. */
#ifndef BUNDELWACHT_ENGINE_HISTORY_H
#define BUNDELWACHT_ENGINE_HISTORY_H

#include "engine/line.h"
#include "engine/reference.h"

struct rules {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    struct criteria_index criteria;
};

struct episode;
struct explanation;

struct placed_share {
    struct episode *episode;
    int64_t cents;
    bool covered; /* the bundle price has paid it (§7) */
};

/* A line, and what the rules decided about it. */
struct placed {
    struct line *line;
    uint8_t status, reason; /* STATUS_COUNT while undecided */
    bool standing, price;
    bool surplus;           /* of its group of same care (§4); flagged or held */
    const struct duplicate_rule *rule;
    const struct placed *group_first;
    struct placed *named;   /* of a credit: the debit that it names, if there is one */
    struct bytes evidence;  /* or null */
    struct placed_share *shares; /* in order of rank */
    size_t shares_count;
    struct episode *priced; /* the episode of a BUNDLE_PRICE or BUNDLE_PRICE_REPEATED */
    int64_t outside;
    int64_t payable, covered, withheld, refused, reversed;
};

struct episode {
    uint32_t bundle_at; /* place in the book */
    const struct bundle *bundle;
    const struct definition *definition;
    const struct placed *opening;
    char side; /* - L R B U */
    int32_t opened_on, opens_window, closes_on;
    struct bytes key, ended_by, provider;
    const struct contract *contract; /* or NULL: shadow */
    const struct stratum *stratum;   /* or NULL */
    int64_t budget, cost, covered, price;
    int32_t lines;
    const struct placed *first_price; /* or NULL */
    const struct placed *first_product; /* of §6 side_unknown: the first that opened it or was absorbed, no OTHER line */
    /* settlement (§8, §9) */
    uint8_t state;
    int64_t charged, result;
    bool has_projected;
    int64_t projected;
    const struct episode_reference *reference; /* or NULL */
    struct measure *measures;
    uint32_t sent; /* index into the person's sent episodes */
};

/* A line that was absorbed by an episode while a side is not known (§6). */
struct side_question {
    const struct episode *episode;
    const struct placed *line;
    char side; /* of the line */
};

/* The standing lines of one insurer, and the episodes that they make. */
struct lane {
    int32_t insurer;
    struct placed **lines; /* in care order */
    size_t lines_count;
    struct episode **episodes; /* as found; by rank after lane_rank */
    size_t episodes_count, episodes_capacity;
    struct side_question *questions;
    size_t questions_count, questions_capacity;
};

struct history {
    const struct rules *rules;
    struct arena *arena;
    struct bytes insured;
    int32_t as_of;
    struct placed *lines; /* all originals that are kept */
    size_t lines_count;
    struct placed **standing; /* of every insurer, in care order */
    size_t standing_count;
    struct lane *lanes; /* by insurer */
    size_t lanes_count;
    struct explanation *explanation; /* where the rules note why (explain.h), or NULL: nobody asks */
};

/* The conditions of an opening (§6), in the order in which they are asked; the first that fails decides. */
enum opening_condition {
    OPENING_AGE,           /* b */
    OPENING_ABSORBED,      /* c */
    OPENING_SUPPRESSED,    /* d */
    OPENING_NOT_FRESH,     /* h */
    OPENING_NOT_CONFIRMED, /* e */
    OPENING_UNCONTRACTED,  /* f */
    OPENING_EXCLUDED,      /* g */
    OPENING_OPENS,
};

/* A line that meets a: its definition and its side, and what became of it. */
struct opener {
    struct placed *placed;
    const struct line *line;
    const struct definition *definition;
    int32_t start;
    char side;
    enum opening_condition condition;
    uint32_t bundle_at;
    const struct lane *lane;
    const struct episode *episode;       /* c: that absorbs it; d: that suppresses it; or that it opened; else NULL */
    const struct placed *other;          /* c: the excluded opening before it; h: that disturbs the quiet; e: that confirms; g: that excludes */
    const struct exclude_entry *exclude; /* g */
    struct bytes provider;               /* f and later: the attributed one */
    const struct contract *contract;     /* g and later; NULL: shadow */
};

/* Whether a contract fits an opening (§8). */
enum contract_condition { CONTRACT_OF_ANOTHER_BUNDLE, CONTRACT_NOT_IN_FORCE, CONTRACT_OF_OTHER_INSURERS, CONTRACT_OF_OTHER_PROVIDERS, CONTRACT_FITS };
/* Whether a credit takes its original back (§3). */
enum credit_condition { CREDIT_OF_NO_DEBIT, CREDIT_OF_OUT_OF_HORIZON, CREDIT_OF_OTHER_AMOUNT, CREDIT_OF_OTHER_PROVIDER, CREDIT_OF_OTHER_INSURER,
                        CREDIT_MATCHES };
/* Whether an episode is a candidate for a line, or could have its price (§7). */
enum candidate_condition { CANDIDATE_TOO_EARLY, CANDIDATE_TOO_LATE, CANDIDATE_OTHER_SIDE, CANDIDATE_NOT_INCLUDED, CANDIDATE_EXCLUDED, CANDIDATE_IS };
enum price_condition { PRICE_OF_OTHERS, PRICE_OTHER_SIDE, PRICE_TOO_EARLY, PRICE_TOO_LATE, PRICE_FITS };

/* Everything: fills `history` from the person's lines. */
void history_compute(struct history *history, const struct rules *rules, struct arena *arena, struct bytes insured, int32_t as_of,
                     struct line *const lines[], size_t lines_count);
/* The same, and the rules note why. */
void history_explain(struct history *history, const struct rules *rules, struct arena *arena, struct bytes insured, int32_t as_of,
                     struct line *const lines[], size_t lines_count, struct explanation *explanation);

/* --- the steps, in their order --- */
void credits_apply(struct history *history);               /* credit.c, §3 */
void duplicates_hold(struct history *history);             /* duplicate.c, §4 */
void lanes_make(struct history *history);                  /* history.c */
void episodes_find(struct history *history, struct lane *lane); /* episode.c, §6 */
void window_set(const struct history *history, const struct lane *lane, struct episode *episode); /* window.c, §6 */
void lane_allocate(struct history *history, struct lane *lane); /* allocation.c, §7 */
void lane_settle(struct history *history, struct lane *lane);   /* settlement.c, §8, §9, §11 measures */
void decisions_settle(struct history *history);            /* decision.c, §7 accounts */

/* --- words that several steps need --- */
/* `bundle/side/opened_on` (§6) */
struct bytes episode_key(struct arena *arena, struct bytes bundle, char side, int32_t opened_on);
char line_side(const struct line *line, const struct definition *definition);
bool sides_meet(char a, char b);
bool side_compatible(const struct line *line, enum sides sides, char side);
/* The only one in whose from..until the day falls, or NULL. */
const struct definition *definition_on(const struct bundle *bundle, int32_t day);
bool contract_lists(const struct contract *contract, struct bytes provider);
/* The contract that fits an opening (§8), or NULL; the book has been refused when there could be two. */
const struct contract *contract_that_fits(const struct book *book, uint32_t bundle, int32_t insurer, struct bytes provider, int32_t opened_on);
enum contract_condition contract_condition(const struct contract *contract, uint32_t bundle, int32_t insurer, struct bytes provider, int32_t opened_on);
enum credit_condition credit_condition(const struct placed *credit, const struct placed *original);
enum candidate_condition candidate_condition(const struct episode *episode, const struct placed *placed);
enum price_condition price_condition(const struct episode *episode, const struct placed *price);
enum overlap overlap_of(const struct book *book, const struct episode *a, const struct episode *b);
struct episode *lane_add_episode(struct history *history, struct lane *lane);

static inline const struct declaration *placed_declaration(const struct placed *placed)
{
    return &placed->line->declaration;
}

static inline int32_t placed_start(const struct placed *placed)
{
    return placed->line->declaration.start_date;
}

#endif
