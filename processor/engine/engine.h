/* engine.h - takes declarations of one partition in, one after the other, and says what changes (semantics,
 * whole).
 * Owner:   the engine owns the state of its partition; book and reference are borrowed and must outlive it.
 * Units:   days and cents.
 * Errors:  none: what a declaration can be wrong in has been checked (declaration_check); a broken promise of
 * ours stops (must).
 * Threads: one at a time; one engine per partition.
 *
 * The engine is a fold: the same declarations in the same order give the same outputs and the same state,
 * always (§0). To fold without outputs, clear the outputs instead of encoding them: revisions count on as if
 * they had been sent, which they were. */
#ifndef BUNDELWACHT_ENGINE_ENGINE_H
#define BUNDELWACHT_ENGINE_ENGINE_H

#include "engine/book.h"
#include "engine/declaration.h"
#include "engine/outputs.h"
#include "engine/reference.h"

/* Rises whenever any golden byte of the tests changes; part of every commit's metadata (design §2). */
#define ENGINE_VERSION 3

struct engine;
struct engine_options {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    /* or NULL: what this book could see is kept too, so that a change to it needs nothing that is not
     * there */
    const struct book *also;
    /* always recompute the whole person: the specification, for tests of what is faster (append.h) */
    bool plain;
    bool bundles_only; /* leave out plain FEE_FOR_SERVICE decisions that were never anything else (§12) */
};

/* What the partition adds up to, by axiom 3 of §0: standing = cost + payable_outside, always. */
struct engine_sums {
    int64_t standing;        /* Σ amount of the standing lines that are not price lines */
    int64_t cost;            /* Σ cost of all episodes */
    int64_t payable_outside; /* Σ of what standing lines that are not price lines have outside of episodes */
    int64_t declarations, persons, episodes, lines_kept, lines_identity;
};

struct engine *engine_new(const struct engine_options *options);
void engine_free(struct engine *engine);

/* One valid declaration (declaration_check said DONE). What it and the clock change is added to `outputs`,
 * which the caller cleared. */
void engine_accept(struct engine *engine, const struct declaration *declaration, struct outputs *outputs);
/* Some records before engine_accept takes the declaration in: asks the memory for what it will need. Changes
 * nothing. */
void engine_prefetch(const struct engine *engine, const struct declaration *declaration);
/* Brings everybody to `as_of` as the end of a file replay does (§9); never earlier than engine_as_of. In
 * steps, so that outputs stay small: returns true while there is more to do; clear the outputs and call
 * again. */
bool engine_advance(struct engine *engine, int32_t as_of, struct outputs *outputs);
/* Everybody anew, in the order of the bytes of their pseudonyms, after a snapshot was read under another book
 * (snapshot.h); in steps, as engine_advance. `cause` is `book` or `engine` (§0). */
bool engine_recompute(struct engine *engine, struct bytes cause, struct outputs *outputs);
/* The latest date of submitted_at so far; INT32_MIN before the first record. */
int32_t engine_as_of(const struct engine *engine);
struct engine_sums engine_sums(const struct engine *engine);

/* For whoever explains: the rules, and what is kept of a person (person.h), or NULL; valid until the next
 * accept or advance. */
struct rules;
struct person;
const struct rules *engine_rules(const struct engine *engine);
const struct person *engine_person(const struct engine *engine, struct bytes insured);

#endif
