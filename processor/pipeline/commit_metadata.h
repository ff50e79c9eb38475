/* commit_metadata.h - what is not in the log and yet decides what goes out: said in the metadata of every
 * commit (design §2).
 * Owner:   plain values.
 * Errors:  a sentence that says which version differs, or what is wrong with the text of one.
 * Threads: pure. */
#ifndef BUNDELWACHT_PIPELINE_COMMIT_METADATA_H
#define BUNDELWACHT_PIPELINE_COMMIT_METADATA_H

#include "base/bytes.h"
#include "pipeline/window.h"

struct versions {
    uint64_t engine;    /* ENGINE_VERSION */
    uint64_t book;      /* hash of its text */
    uint64_t reference; /* hash of its text; 0: none */
    uint64_t schemas;   /* of the writer schemas and their ids */
    /* of the settings that change bytes: framings, schema ids, decisions, partitioner, partition count */
    uint64_t outputs;
};

/* v1;engine=1;book=…;reference=…;schemas=…;outputs=… (hashes as 16 hexadecimal digits). */
#define VERSIONS_TEXT_BYTES 160
void versions_to_text(const struct versions *versions, char text[VERSIONS_TEXT_BYTES]);
/* Of that text; what `before` is. */
uint64_t versions_hash(const struct versions *versions);
bool versions_equal(const struct versions *a, const struct versions *b);

/* What a commit says beside its offset: the versions; since which offset they hold, and what held before; how
 * far the change to them has come; and which records before the offset were in the quarantine. */
#define SERIAL_BYTES 64
struct commit_metadata {
    struct versions versions;
    int64_t step;        /* of a change that goes on, from 1; 0: it is done, or there is none */
    int64_t sent;        /* so many outputs of that change are committed */
    int64_t since;       /* the offset at which these versions began; SINCE_EVER: there were no others */
    uint64_t before;     /* versions_hash of those that held before `since`; 0: none */
    uint64_t quarantine; /* hash of the quarantined offsets before the committed one; 0: none */
    /* 1: this book could see lines that the one before did not keep; the state of before is one with
     * `also` */
    int64_t sees_more;
    /* in a checkpoint's head only: the book whose lines its state has, too (fold_options.also); 0: none */
    uint64_t also;
    char serial[SERIAL_BYTES]; /* of the book: of two, the higher one is the newer */
};
#define SINCE_EVER (-1)

/* The text of the versions, then ;step=0;sent=0;since=-1;before=…;quarantine=…;serial=…; and before the
 * serial ;more=1 and ;also=… where they are not 0. */
#define COMMIT_METADATA_TEXT_BYTES 360
void commit_metadata_to_text(const struct commit_metadata *metadata, char text[COMMIT_METADATA_TEXT_BYTES]);
/* False with a sentence ("the commit …" goes before it) when it is none of ours. */
bool commit_metadata_from_text(const char *text, struct commit_metadata *ret_metadata, char *ret_error,
                               size_t error_size);

/* The metadata with the window before the serial: the metadata of a commit. */
#define COMMIT_TEXT_BYTES (COMMIT_METADATA_TEXT_BYTES + WINDOW_TEXT_BYTES)
void commit_to_text(const struct commit_metadata *metadata, const struct window *window,
                    char text[COMMIT_TEXT_BYTES]);

/* Of two serials: runs of digits count as numbers, so that 2026-9 comes before 2026-10. */
int serial_compare(const char *a, const char *b);

#endif
