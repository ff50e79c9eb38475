/* fold.h - one partition's fold over its log: decode, check, decide, encode (design §3). The same for Kafka
 * and for files.
 * Owner:   the fold owns its engine; book, reference and decoder are borrowed and outlive it.
 * Units:   offsets of the input; days.
 * Errors:  none for a record: whatever it holds ends in outputs or in a dead letter. RETRY when a schema
 * registry cannot be
 *          asked now (nothing was changed). STOP is not given today.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_FOLD_H
#define BUNDELWACHT_PIPELINE_FOLD_H

#include "base/result.h"
#include "codec/decoder.h"
#include "engine/dead_letter.h"
#include "engine/engine.h"
#include "engine/snapshot.h"
#include "pipeline/leap.h"
#include "pipeline/outbox.h"
#include "pipeline/partitioner.h"
#include "pipeline/window.h"
#include "stream/consumer.h"

/* How the values of outputs are written. */
enum output_form {
    OUTPUT_AVRO_CONFLUENT, /* 0x00, 4-byte id, body */
    OUTPUT_AVRO_RAW,       /* the body alone: Kafka with framing raw, and container files */
    OUTPUT_JSON_LINES,     /* one JSON object with `key` first, no line end: files */
    OUTPUT_AVRO_SINGLE_OBJECT, /* 0xC3 0x01, the schema's fingerprint (CRC-64-AVRO, little-endian), body */
};

struct fold_options {
    const struct book *book;
    const struct reference *reference; /* or NULL */
    const struct book *also;           /* or NULL; engine.h */
    bool bundles_only;
    enum output_form form;
    uint32_t schema_ids[TOPIC_COUNT];  /* for OUTPUT_AVRO_CONFLUENT */
    const char *source;                /* the topic; for files the input's name comes with each record */
    int32_t partition, partitions_count;
    bool has_keys;                     /* Kafka: keys are asked for, and belong to a partition */
    /* files: a dead letter is a record of its own; Kafka: the original bytes (§11) */
    bool letters_are_records;
    enum partitioner partitioner;
    struct leap_sink leaps;            /* not told while restoring */
    const int64_t *quarantined;        /* offsets of this partition, ascending */
    size_t quarantined_count;
};

/* One record of the input, borrowed. */
struct fold_record {
    struct bytes key, value;  /* null where there is none */
    const char *source;       /* NULL: that of the options */
    int64_t offset;
    int64_t timestamp;        /* Kafka's, ms; INT64_MAX for files */
    const struct message *message; /* Kafka's, for the headers that a dead letter takes over; NULL: none */
    /* already decoded by the caller (files, that must know insured first), or NULL */
    const struct declaration *declaration;
    struct result decoded;                 /* its verdict, when the caller decoded it */
    struct bytes why;                      /* of a bad_schema then: a sentence; else null */
};

struct fold;
struct fold *fold_new(const struct fold_options *options);
void fold_free(struct fold *fold);
/* Some records before a record that was decoded already: asks the memory for what it will need. */
void fold_prefetch(const struct fold *fold, const struct fold_record *record);
/* Adds what the record and the clock change to `outbox`; with outbox == NULL it only restores. */
MUST_USE struct result fold_accept(struct fold *fold, struct decoder *decoder,
                                   const struct fold_record *record, struct outbox *outbox);
/* The end of a file replay (§9), in steps: true while there is more to do. */
bool fold_advance(struct fold *fold, int32_t as_of, struct outbox *outbox);
int32_t fold_as_of(const struct fold *fold);
/* Once: the partitioner that its records seem to be put by, when it is another than ours; else
 * PARTITIONER_COUNT. */
enum partitioner fold_partitioner_guessed(struct fold *fold);

/* --- the state as blocks of bytes (engine/snapshot.h) --- */

void fold_snapshot_begin(struct fold *fold, struct snapshot_sink sink);
bool fold_snapshot_step(struct fold *fold);
void fold_snapshot_cancel(struct fold *fold);
struct hash128 fold_snapshot_digest(const struct fold *fold);
struct hash128 fold_digest(struct fold *fold);
bool fold_snapshot_read(struct fold *fold, struct bytes block, bool same_book);
bool fold_snapshot_read_end(struct fold *fold, struct hash128 digest);

/* --- the same state under other rules (design §2) --- */

/* A new fold with what the old one knows; the old one stays as it is. fold_recompute must follow. */
struct fold *fold_change_book(struct fold *fold, const struct fold_options *options);
/* Everybody anew, in steps: true while there is more. `cause` is `book` or `engine`. outbox == NULL: only
 * restoring. */
bool fold_recompute(struct fold *fold, const char *cause, struct outbox *outbox);

/* The outputs made so far, restoring or not: a number that follows from the log like everything else of the
 * state, and is in its snapshot. */
const struct made *fold_made(const struct fold *fold);
void fold_set_made(struct fold *fold, const struct made *made);
/* Of a fold that came out of a snapshot: how far outputs had been seen when that was complete; `have` 0 where
 * it does not say. */
const struct window_topic *fold_seen(const struct fold *fold);
/* The block that says so: the last of a snapshot, after everything before it was seen. */
#define FOLD_SEEN_BYTES (1 + sizeof(int64_t) + TOPIC_COUNT * sizeof(struct window_topic))
void fold_seen_block(const struct window *window, int64_t written_ms, char ret_block[FOLD_SEEN_BYTES]);
/* since 1970, by the clock of who wrote it; 0: it does not say */
int64_t fold_written_ms(const struct fold *fold);

struct fold_counts {
    int64_t declarations, dead_letters, outputs[TOPIC_COUNT];
    int64_t letters_by_reason[DEAD_LETTER_REASONS]; /* engine/dead_letter.h */
    int64_t fold_nanoseconds; /* reserved for ops */
};
const struct fold_counts *fold_counts(const struct fold *fold);
struct engine_sums fold_sums(const struct fold *fold);

#endif
