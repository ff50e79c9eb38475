/* generator.h - declarations from a seed, shaped like those of a Dutch insurer, in the order in which they
 * were submitted.
 * Owner:   the generator owns the strings of what it gives; they live until the next generator_next.
 * Units:   days, cents, milliseconds; rates per mille.
 * Errors:  none. The same options give the same records on every machine: no clock, no floating point.
 * Threads: one at a time.
 *
 * Most lines are ordinary care of random persons. Now and then a person breaks a hip, walks with pain or gets
 * cancer of the bowel: such a path is drawn whole on its first day and its lines wait in a heap until they
 * are submitted, months later for a hospital product. Credits, repeats, conflicts and the same care twice are
 * drawn when a line is given. */
#ifndef BUNDELWACHT_PIPELINE_GENERATOR_H
#define BUNDELWACHT_PIPELINE_GENERATOR_H

#include "base/buffer.h"
#include "codec/decoder.h"
#include "engine/declaration.h"

enum generator_mix {
    MIX_NATIONAL, /* all kinds of care by their number in the Netherlands, and a path for every 400 lines */
    /* kinds that config/book.yaml does not know, and so many paths that about one line in 100 belongs to
     * one */
    MIX_IDENTITY,
};

struct generator_options {
    uint64_t seed;
    int64_t lines;        /* records in all, bad ones included; 1.. */
    int64_t persons;      /* 0: one for every 20 lines, at least 1000; at most 2^31 */
    int32_t start, days;  /* the submissions are spread over these days; days 0: GENERATOR_DAYS */
    int32_t bad_per_mille;
    enum generator_mix mix;
};
#define GENERATOR_START "2025-05-01" /* with paths that began up to 120 days earlier */
#define GENERATOR_DAYS 480

/* What is wrong with a record. Up to WRONG_BSN the declaration itself is; the others are wrong as bytes. */
#define WRONGS(X)                                                                                            \
    X(NOTHING)                                                                                               \
    X(AMOUNT) X(QUANTITY) X(PROVIDER) X(DATES) X(DIAGNOSIS) X(BSN) X(TRUNCATED) X(GARBAGE) X(NO_VALUE)       \
        X(SCHEMA)
#define AS_WRONG(name) WRONG_##name,
enum wrong { WRONGS(AS_WRONG) WRONG_COUNT };
#undef AS_WRONG

struct generated {
    struct declaration declaration;
    enum wrong wrong;
};

struct generator;
struct generator *generator_new(const struct generator_options *options);
void generator_free(struct generator *generator);
/* False when all lines have been given. */
bool generator_next(struct generator *generator, struct generated *ret_generated);

/* The record's value in a framing: JSON (no line end), RAW (the Avro body) or CONFLUENT; the buffer is
 * cleared first. False: the value is null. In a container file (RAW) broken bytes would take their neighbours
 * along: there such a record has quantity 0. */
bool generated_to_value(const struct generated *generated, enum framing framing, uint32_t schema_id,
                        struct buffer *buffer);

#endif
