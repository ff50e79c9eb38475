/* book_version.h - book and reference that partitions are folded under: ours, which the settings name, and
 * earlier or later ones, whose texts a checkpoint or the directory of state has stored (design §2).
 * Owner:   the book versions own all but ours; each lives as long as they do.
 * Errors:  NULL when a text is nowhere, or is no book or reference for this program.
 * Threads: any; a book version is constant. */
#ifndef BUNDELWACHT_PIPELINE_BOOK_VERSION_H
#define BUNDELWACHT_PIPELINE_BOOK_VERSION_H

#include "book/book_reader.h"
#include "pipeline/commit_metadata.h"

struct book_version {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    uint64_t book_hash, reference_hash;
    char serial[SERIAL_BYTES];
};

struct book_versions;
/* `directory`: of state, or NULL. */
struct book_versions *book_versions_new(const struct book *book, const struct reference *reference,
                                        const char *directory);
void book_versions_free(struct book_versions *book_versions);
const struct book_version *book_versions_ours(const struct book_versions *book_versions);
/* The book version with these hashes: one that is known, or of these texts, or of texts in the directory. */
const struct book_version *book_versions_find(struct book_versions *book_versions, uint64_t book_hash,
                                              uint64_t reference_hash, struct bytes book,
                                              struct bytes reference);
/* Texts are stored in the directory by their hash, so that a state that was folded under them can be read. */
bool book_versions_store_text(const struct book_versions *book_versions, bool is_book, struct bytes text,
                              char *ret_error, size_t error_size);
bool book_versions_store(const struct book_versions *book_versions, const struct book_version *book_version,
                         char *ret_error, size_t error_size);

#endif
