/* edition.h - book and reference that partitions are folded under: ours, which the settings name, and earlier or later ones, whose
 * texts a checkpoint or the directory of state has kept (design §2).
 * Owner:   the editions own all but ours; each lives as long as they do.
 * Errors:  NULL when a text is nowhere, or is no book or reference for this program.
 * Threads: any; an edition is constant. */
#ifndef BUNDELWACHT_PIPELINE_EDITION_H
#define BUNDELWACHT_PIPELINE_EDITION_H

#include "book/book_reader.h"
#include "pipeline/constants.h"

struct edition {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    uint64_t book_hash, reference_hash;
    char serial[SERIAL_BYTES];
};

struct editions;
/* `directory`: of state, or NULL. */
struct editions *editions_new(const struct book *book, const struct reference *reference, const char *directory);
void editions_free(struct editions *editions);
const struct edition *editions_ours(const struct editions *editions);
/* The edition with these hashes: one that is known, or of these texts, or of texts in the directory. */
const struct edition *editions_find(struct editions *editions, uint64_t book_hash, uint64_t reference_hash, struct bytes book, struct bytes reference);
/* Texts are kept in the directory by their hash, so that a state that was folded under them can be read. */
bool editions_keep_text(const struct editions *editions, bool is_book, struct bytes text, char *ret_error, size_t error_size);
bool editions_keep(const struct editions *editions, const struct edition *edition, char *ret_error, size_t error_size);

#endif
