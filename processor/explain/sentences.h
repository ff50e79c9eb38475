/* sentences.h - reasons as sentences: what the rules noted (engine/explain.h) and what the functions that
 * decided answer.
 * Owner:   the arena of the text.
 * Units:   days and cents.
 * Errors:  none.
 * Threads: with the history that is asked about.
 *
 * Lower case, no full stop; dates, ids, and names of the book. */
#ifndef BUNDELWACHT_EXPLAIN_SENTENCES_H
#define BUNDELWACHT_EXPLAIN_SENTENCES_H

#include "engine/explain.h"
#include "engine/text.h"

/* Some definition of the bundle lets such a line open, on some day. */
bool bundle_may_open(const struct bundle *bundle, const struct line *line);
/* What became of a line that met a: `opens EPISODE`, or the condition that failed, with its letter. */
void text_add_opener(struct text *text, const struct book *book, const struct opener *opener);
/* Why a line that some definition of the bundle would let open did not meet a. */
void text_add_no_definition(struct text *text, const struct bundle *bundle, const struct placed *placed);
void text_add_contract_condition(struct text *text, const struct contract *contract,
                                 enum contract_condition condition, const struct opener *opener);
void text_add_step(struct text *text, const struct window_step *step);
/* That it is a candidate, or the first condition that failed. */
void text_add_candidate(struct text *text, const struct book *book, const struct episode *episode,
                        const struct placed *placed);
void text_add_price_condition(struct text *text, const struct book *book, const struct episode *episode,
                              const struct placed *price);
/* The cell of `overlaps` that decided, and what it said. */
void text_add_loss(struct text *text, const struct book *book, const struct loss *loss);
void text_add_credit_condition(struct text *text, const struct book *book, const struct placed *credit,
                               const struct placed *original);
/* ` (the same provider as CODE)`, when the two codes differ and are one provider's. */
void text_add_same_provider(struct text *text, const struct book *book, struct bytes provider,
                            struct bytes as);
void text_add_days(struct text *text, int64_t days);                /* `1 day`, `2 days` */
void text_add_quoted(struct text *text, struct bytes name);         /* `"d1"` */
void text_add_line(struct text *text, const struct placed *placed); /* `line "d1" of 2026-03-12` */

#endif
