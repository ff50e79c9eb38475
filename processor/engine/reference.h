/* reference.h - what earlier episodes cost, and what is known plus the expected rest (§10).
 * Owner:   whoever read the file owns it; the engine only reads.
 * Units:   cents, days, per mille.
 * Threads: constant after reading. */
#ifndef BUNDELWACHT_ENGINE_REFERENCE_H
#define BUNDELWACHT_ENGINE_REFERENCE_H

#include "base/bytes.h"

struct declared_permille {
    int32_t day, permille; /* days rise, per mille do not fall */
};
struct episode_reference {
    struct bytes bundle, stratum;
    int64_t count, mean, p01, p05, p50, p95, p99;
    const struct declared_permille *declared;
    size_t declared_count;
};
struct line_reference {
    uint8_t care_type;
    struct bytes care_code;
    int64_t p999;
};
struct reference {
    struct bytes reference; /* its own name */
    const struct episode_reference *episodes;
    size_t episodes_count;
    const struct line_reference *lines; /* sorted by (care_type, care_code) */
    size_t lines_count;
};

/* NULL when there is none, or its count is under 30. `reference` may be NULL. */
const struct episode_reference *reference_of_stratum(const struct reference *reference, struct bytes bundle,
                                                     struct bytes stratum);
/* The line's p999, or -1 when there is none. */
int64_t reference_line_p999(const struct reference *reference, uint8_t care_type, struct bytes care_code);
/* C of §10: moves once a week. */
int32_t reference_completion_permille(const struct episode_reference *reference, int32_t opened_on,
                                      int32_t as_of);

#endif
