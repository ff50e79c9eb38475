/* book.h - the bundle book as plain structs, in the order of the file (§5 to §10, §13).
 * Owner:   whoever read it (room book) owns everything; the engine only reads, and lives shorter.
 * Units:   cents, days, per mille, all whole. ABSENT stands for an optional number that is not given.
 * Errors:  none here: room book refuses what is wrong, so the engine may rely on all that §13 says.
 * Threads: constant after reading; share freely. */
#ifndef BUNDELWACHT_ENGINE_BOOK_H
#define BUNDELWACHT_ENGINE_BOOK_H

#include "engine/declaration.h"

#define ABSENT (-1)         /* of a number, and of a criterion's index */
#define AGE_UNBOUNDED 1000  /* max_age without a bound; min_age is then 0 */

/* --- criteria (§5) --- */

struct pattern {
    struct bytes text; /* without the `*` */
    bool prefix;
    enum diagnosis_system system; /* of a diagnosis; else SYSTEM_NONE */
};
/* In the order of system and text, and none of them within another: what another accepts anyway is left out.
 * So a list is searched and not walked (clause.h). */
struct patterns {
    const struct pattern *items;
    size_t count;          /* 0: no such condition */
    const uint64_t *heads; /* of a long list: how its patterns begin (pattern_head); else NULL */
};
struct clause {
    uint32_t care_types;   /* bit 1 << CARE_x; 0: no such condition */
    uint32_t lateralities; /* bit 1 << LATERALITY_x; 0: no such condition */
    struct patterns care_code, subtype, specialism, provider, referrer, diagnosis;
    int64_t amount_at_least; /* ABSENT: no such condition */
};
struct criterion {
    struct bytes name;
    const struct clause *clauses;
    size_t clauses_count;
};

/* --- bundles (§6, §7, §10, §11). A criterion is its index in book.criteria, or ABSENT. --- */

enum sides { SIDES_NONE, SIDES_SEPARATE };

struct near_criterion { /* accepted by it, and near in days */
    int32_t criterion, from_day, to_day;
};
struct end_entry {
    struct bytes name;
    int32_t criterion, after_days;
};
struct exclude_entry {
    struct bytes name;
    int32_t criterion, from_day, to_day;
    bool truncate; /* effect: truncate; else void */
};
struct expect_entry {
    struct bytes name;
    int32_t criterion, by_day, wait_days;
};
struct outcome_entry {
    struct bytes name;
    int32_t criterion, after; /* after: a criterion, or ABSENT */
    int32_t from_day, to_day;
};
enum measure_take { TAKE_QUANTITY, TAKE_LINES, TAKE_FIRST_DAY };
struct measure_entry {
    struct bytes name;
    int32_t criterion, after;
    enum measure_take take;
    int64_t at_most; /* ABSENT: none */
};

struct definition {
    int32_t from, until; /* opening dates that it is for */
    enum sides sides;
    int32_t min_age, max_age;
    int32_t opens_criterion, look_back_days, quiet_days; /* quiet_days may be ABSENT */
    struct near_criterion confirm, attribute;            /* .criterion ABSENT: no such rule */
    int32_t after_days;                                  /* closes */
    int32_t extend_criterion, extend_after_days, extend_max_days;
    const struct end_entry *ends;
    size_t ends_count;
    int32_t clean_days;
    bool shadow; /* uncontracted: shadow */
    const struct exclude_entry *excludes;
    size_t excludes_count;
    int32_t scope_include, scope_exclude;
    uint32_t scope_prorate; /* bit 1 << CARE_x */
    bool scope_trajectory;
    int32_t weight, run_out_days, true_up_days;
    const struct expect_entry *expects;
    size_t expects_count;
    const struct outcome_entry *outcomes;
    size_t outcomes_count;
    const struct measure_entry *measures;
    size_t measures_count;
    int32_t max_specialisms, max_hospitals; /* signals; ABSENT: none */
    int32_t stepped_invasive, stepped_conservative, stepped_days; /* stepped_invasive ABSENT: none */
};
struct bundle {
    struct bytes id, name;
    const struct definition *definitions;
    size_t definitions_count;
};

/* What the cell of two bundles says about a line that both could have (§7). */
enum overlap {
    OVERLAP_SPLIT,
    OVERLAP_FIRST,
    OVERLAP_PREFER_THIS,  /* the bundle of the row is preferred */
    OVERLAP_PREFER_OTHER, /* the bundle of the column is */
};

/* --- contracts (§8) --- */

struct stratum {
    struct bytes label;
    int32_t min_age, max_age;
    int64_t amount;
};
struct factor {
    struct bytes label;
    int32_t criterion;
    int32_t look_back_days; /* ABSENT: that of opens */
    int64_t add, permille;  /* 0: none */
};
struct threshold {
    int32_t permille;
    uint8_t severity; /* enum severity of outputs.h */
};
struct contract {
    struct bytes id;
    int32_t version;
    int32_t bundle; /* index */
    const int32_t *insurers; /* count 0: all */
    size_t insurers_count;
    const struct bytes *providers; /* count 0: all */
    size_t providers_count;
    struct bytes contractor; /* or null */
    int32_t from, until;
    bool prospective, loose_refused;
    int32_t price_criterion, price_by_days; /* or ABSENT */
    const struct stratum *strata;
    size_t strata_count;
    const struct factor *factors;
    size_t factors_count;
    const struct threshold *thresholds; /* in the order of the file */
    size_t thresholds_count;
    int32_t projection_margin;
    int64_t outlier_permille; /* or ABSENT */
    bool has_stop_loss;
    int64_t stop_loss_permille, stop_loss_amount; /* exactly one is not ABSENT */
    int32_t stop_loss_insurer_permille;
};

/* --- same care declared twice (§4) --- */

enum same { SAME_CONTENT, SAME_OVERLAP, SAME_TRAJECTORY };
struct duplicate_rule {
    struct bytes name;
    int32_t criterion;
    bool within_provider; /* within: provider; else person */
    bool any_code;        /* codes: any */
    bool serials;         /* other serials of one provider are other care */
    enum same same;       /* SAME_CONTENT: no `same` */
    int32_t overlap_days, allow;
    bool hold; /* action: hold; else flag */
};

/* --- facts that end care (§4) --- */

struct ends_care {
    struct bytes name;
    int32_t criterion, resumes; /* resumes: a criterion, or ABSENT */
    bool of_insurer;            /* of: insurer; else person */
    bool hold;                  /* action: hold; else flag */
};

/* --- codes of one provider (§1) --- */

/* Each code that `successors` names, as old or as new, with the last of its successors (itself, if none). */
struct successor {
    struct bytes code, last;
};

struct book {
    struct bytes book; /* its text in `book:`, for the output field */
    int32_t horizon_days;
    int32_t waiting_days; /* or ABSENT */
    const struct criterion *criteria;
    size_t criteria_count;
    const struct bundle *bundles;
    size_t bundles_count;
    /* [bundles_count × bundles_count] of enum overlap, row first; a pair without a cell is OVERLAP_SPLIT */
    const uint8_t *overlaps;
    const uint8_t *suppresses; /* [bundles_count × bundles_count]: 1 when the row suppresses the column */
    /* [bundles_count]: a suppressor before what it suppresses, otherwise book order (§6) */
    const uint32_t *order;
    const struct contract *contracts;
    size_t contracts_count;
    const struct duplicate_rule *duplicates;
    size_t duplicates_count;
    const struct ends_care *ends_care; /* in the order of the file */
    size_t ends_care_count;
    const struct successor *successors; /* in the order of their codes */
    size_t successors_count;
};

#endif
