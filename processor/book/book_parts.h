/* book_parts.h - what the files that read a book share: the book being made, and where its parts stand in the
 * text.
 * Owner:   book and places live in the arena of the owner, which book_free releases.
 * Errors:  findings in the document; whoever reads a part goes on after a mistake, with defaults.
 * Threads: one. */
#ifndef BUNDELWACHT_BOOK_BOOK_PARTS_H
#define BUNDELWACHT_BOOK_BOOK_PARTS_H

#include "book/yaml.h"

struct examples;

struct definition_place {
    const struct yaml_node *node, *look_back_days, *quiet_days, *opens_criterion, *extend, *ends, *excludes,
        *expects, *measures, *scope_exclude, *scope_prorate;
};
struct bundle_place {
    const struct yaml_node *node, *cares, *examples;
    struct definition_place *definitions;
};
struct contract_place {
    const struct yaml_node *node, *strata, *factors, *price_criterion;
};
struct cell { /* as written; indices of bundles, or ABSENT after a mistake */
    const struct yaml_node *node;
    int32_t first, second;
    enum overlap lines; /* PREFER_THIS: the first of the pair */
    bool says_lines;
    int32_t suppressed; /* the index of the suppressed one, or ABSENT */
};

/* What a list of a clause says although another of its patterns says it already: the first of each list. */
struct needless {
    struct needless *next;
    const struct yaml_node *clause;
    const char *field;
    struct pattern pattern, beside;
};

struct reading {
    struct yaml_document document;
    struct book *book;
    const struct yaml_node **criterion_places; /* the key of each criterion, */
    const struct yaml_node **criterion_clauses; /* and its list of clauses */
    struct needless *needless, **needless_end; /* in the order of the text's clauses */
    const struct yaml_node *duplicates, *ends_care;
    bool *criterion_used;
    const struct criterion **criteria_by_name; /* in the order of their names, for the many uses */
    struct bundle_place *bundle_places;
    struct contract_place *contract_places;
    struct cell *cells;
    size_t cells_count;
    uint64_t compared; /* clauses with each other, to find what is odd */
    const struct cell **cell_of_pair; /* [bundles × bundles], both ways round; NULL: none */
};

/* --- words (book_words.c) --- */

/* 1..64 bytes of printable text, `extra` characters excepted; null after a finding. */
struct bytes read_printable(struct reading *reading, const struct yaml_node *node, const char *excepted);
struct bytes read_name(struct reading *reading, const struct yaml_node *node); /* no / and ~ */
struct bytes read_id(struct reading *reading, const struct yaml_node *node);   /* a-z 0-9 . - */
struct bytes read_agb(struct reading *reading, const struct yaml_node *node);  /* eight digits */
/* Index of a criterion or a bundle by its name; ABSENT for NULL, and after a finding. */
int32_t read_criterion_use(struct reading *reading, const struct yaml_node *node);
int32_t read_bundle_use(struct reading *reading, const struct yaml_node *node);
/* One value, or a list of at least one: how many, and the first; 0 for NULL and after a finding. */
size_t read_one_or_more(struct reading *reading, const struct yaml_node *node,
                        const struct yaml_node **ret_items);
/* Care types as bits 1 << CARE_x. */
uint32_t read_care_types(struct reading *reading, const struct yaml_node *node);
/* A range in order, asked only when both ends could be read. */
void check_order(struct reading *reading, const struct yaml_node *node, int64_t from, int64_t until,
                 const char *names);
/* Names within one list: reports the second of two equal ones. */
void check_twice(struct reading *reading, const struct yaml_node *node, const struct bytes *names, size_t at,
                 const char *what);

/* --- parts, each in its file --- */

/* book_criteria.c */
void read_criteria(struct reading *reading, const struct yaml_node *node);
/* book_bundles.c */
void read_bundles(struct reading *reading, const struct yaml_node *node);
/* book_overlaps.c */
void read_overlaps(struct reading *reading, const struct yaml_node *node);
/* book_contracts.c */
void read_contracts(struct reading *reading, const struct yaml_node *node);

/* book_ends_care.c */
void read_ends_care(struct reading *reading, const struct yaml_node *node);

/* book_successors.c */
void read_successors(struct reading *reading, const struct yaml_node *node);

/* book_examples.c */
void read_examples(struct reading *reading, struct examples *ret_examples);

/* Refuses what could be read in two ways; only for a book without errors so far. (book_lint.c) */
void lint_book(struct reading *reading);
/* Of ends of care: what can end and resume at once, and what is never held. (book_ends_care.c) */
void warn_ends_care(struct reading *reading);
/* Contracts that could both list a provider's code that neither names. (book_successors.c) */
void lint_successors(struct reading *reading);
/* Warns of what is odd; only for a book that is right. (book_odd.c) */
void warn_book(struct reading *reading);
/* The first age of the definition that no stratum holds; ABSENT when there is none. (book_lint.c) */
int32_t age_left_out(const struct contract *contract, const struct definition *definition);
/* The matrices and the order of the book from its cells; also of a book with errors. (book_overlaps.c) */
void derive_overlaps(struct reading *reading);

/* --- scopes --- */

/* Some line could be in the scope, by its criterion or its `trajectory: true`, and be accepted by one of the
 * clauses; scope.exclude is not looked at. (book_scopes.c) */
bool scope_can_meet(const struct book *book, const struct definition *definition,
                    const struct clause *clauses, size_t count);
/* [bundles × bundles]: some line could be in the scope of both, of any of their definitions: windows reach
 * beyond the dates on which a definition opens. `block_bytes`: how much is looked at at once, for tests; 0:
 * what is best. (book_meetings.c) */
const bool *bundles_that_meet(const struct book *book, size_t block_bytes, struct arena *arena);

/* Limits of lists; the counts of bundles and criteria are in base/limits.h. */
enum {
    DEFINITIONS_MAX = 256, /* of a bundle */
    CLAUSES_MAX = 4096,    /* of a criterion */
    PATTERNS_MAX = 65536,  /* of a field, and providers or insurers of a contract */
    ENTRIES_MAX = 1024,    /* of every other list in a definition or contract */
    CONTRACTS_MAX = 4096,
    CELLS_MAX = BUNDLES_MAX * (BUNDLES_MAX + 1) / 2,
    DUPLICATE_RULES_MAX = 1024,
    ENDS_CARE_MAX = 64, /* each is a walk over the person's lines */
    /* clauses and patterns with each other, to find what is merely odd: half a second */
    COMPARED_MAX = 10000000,
    EXAMPLE_LINES_MAX = 1024, /* entries of what an example expects */
    EXAMPLE_DECLARATIONS_MAX = 200, /* of an example; their engine is asked in many orders */
};

/* False when enough has been compared with each other: oddities are looked for in half a second, not in
 * minutes. */
static inline bool may_compare(struct reading *reading, size_t one, size_t other)
{
    reading->compared += (uint64_t)one * other + 1;
    return reading->compared <= COMPARED_MAX;
}

#endif
