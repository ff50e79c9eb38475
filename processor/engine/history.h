/* history.h - what the rules make of one person's kept lines, as types: lines with what was decided about
 * them, episodes, lanes (§3 to §10). The rules are in files of their own, their order in recompute.h.
 * Owner:   everything lives in the arena of the recompute, and ends with it. Lines belong to the person.
 * Units:   cents and days.
 * Threads: with its engine. */
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
    int32_t days; /* of the line's that it has a share in; all but of a prorated line */
};

/* A line, and what the rules decided about it. */
struct placed {
    struct line *line;
    uint8_t status, reason; /* STATUS_COUNT while undecided */
    bool standing, price;
    bool prorated;          /* it is cut where a candidate's days begin or end (§7) */
    bool released;          /* a release names it (§3): it is never held */
    bool surplus;           /* the same care as enough earlier lines (§4); flagged or held */
    const struct duplicate_rule *rule;
    const struct placed *first_same; /* of a surplus line: the first of these */
    struct placed *named;   /* of a credit or a release: the original that it names, if there is one */
    struct bytes evidence;  /* or null */
    struct placed_share *shares; /* in order of rank */
    size_t shares_count;
    struct episode *priced; /* the episode of a BUNDLE_PRICE or BUNDLE_PRICE_REPEATED */
    int64_t outside;
    int64_t payable, covered, withheld, refused, reversed;
};

struct episode {
    uint32_t bundle_at; /* index in the book */
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
    /* of §6 side_unknown: the first that opened it or was absorbed, no OTHER line */
    const struct placed *first_product;
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

/* A line that starts after an end of care (§4). */
struct after_end {
    struct placed *line;
    const struct placed *end; /* the line that ended it */
    const struct ends_care *entry;
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
    struct after_end *after_ends; /* by entry, in the order of the book */
    size_t after_ends_count, after_ends_capacity;
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
    /* c: that absorbs it; d: that suppresses it; or that it opened; else NULL */
    const struct episode *episode;
    /* c: the excluded opening before it; h: that disturbs the quiet; e: that confirms; g: that excludes */
    const struct placed *other;
    const struct exclude_entry *exclude; /* g */
    struct bytes provider;               /* f and later: the attributed one */
    const struct contract *contract;     /* g and later; NULL: shadow */
};

static inline const struct declaration *placed_declaration(const struct placed *placed)
{
    return &placed->line->declaration;
}

static inline int32_t placed_start(const struct placed *placed)
{
    return placed->line->declaration.start_date;
}

#endif
