/* constants.h - what is not in the log and yet decides what goes out, as the metadata of every commit (design §2).
 * Owner:   plain values.
 * Errors:  a sentence that says which constant differs.
 * Threads: pure. */
#ifndef BUNDELWACHT_PIPELINE_CONSTANTS_H
#define BUNDELWACHT_PIPELINE_CONSTANTS_H

#include "base/bytes.h"

/* In the order of the metadata: v1;engine=1;book=…;reference=…;schemas=…;outputs=…;step=0 (hashes as 16 hexadecimal digits). */
struct constants {
    uint64_t engine;    /* ENGINE_VERSION */
    uint64_t book;      /* of its text */
    uint64_t reference; /* of its text; 0: none */
    uint64_t schemas;   /* of the writer schemas and their ids */
    uint64_t outputs;   /* of the settings that change bytes: framings, schema ids, decisions, partitioner, partition count */
};

#define CONSTANTS_TEXT_BYTES 160
void constants_to_text(const struct constants *constants, char text[CONSTANTS_TEXT_BYTES]);
/* True when `committed` was made under these constants; else ret_error says which one differs and what to do. */
bool constants_agree(const struct constants *constants, const char *committed, char *ret_error, size_t error_size);

#endif
