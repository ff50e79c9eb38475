/* declaration.h - one event as it arrives, its fields and their bounds (§1).
 * Owner:   all strings are borrowed from the record that was decoded; nothing is held.
 * Units:   dates in days, amounts in cents, submitted_at in milliseconds (calendar.h).
 * Errors:  declaration_check answers DEAD_LETTER with the symbol of §1.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_DECLARATION_H
#define BUNDELWACHT_ENGINE_DECLARATION_H

#include "base/bytes.h"
#include "base/result.h"
#include "engine/bsn.h"

enum kind { KIND_DEBIT, KIND_CREDIT, KIND_RELEASE, KIND_COUNT };
enum { INSURER_MIN = 1, INSURER_MAX = 9999 }; /* UZOVI numbers (§1) */

#define KINDS(X) X(DEBIT) X(CREDIT) X(RELEASE)
#define DIAGNOSIS_SYSTEMS(X) X(NONE) X(DBC) X(DCSPH) X(ICD9) X(ICD10) X(ICPC)
#define LATERALITIES(X) X(NONE) X(LEFT) X(RIGHT) X(BOTH)
/* In the order of §1, which is the care order of §4. */
#define CARE_TYPES(X)                                                                                        \
    X(HOSPITAL_DBC)                                                                                          \
    X(HOSPITAL_OTHER) X(ADD_ON) X(ACTIVITY) X(REHABILITATION) X(SHORT_STAY) X(DISTRICT_NURSING)              \
        X(PARAMEDICAL) X(GENERAL_PRACTICE) X(PHARMACY) X(AIDS) X(MENTAL) X(DENTAL) X(MATERNITY) X(TRANSPORT) \
            X(OTHER)

#define AS_SYSTEM(name) SYSTEM_##name,
enum diagnosis_system { DIAGNOSIS_SYSTEMS(AS_SYSTEM) SYSTEM_COUNT };
#undef AS_SYSTEM
#define AS_LATERALITY(name) LATERALITY_##name,
enum laterality { LATERALITIES(AS_LATERALITY) LATERALITY_COUNT };
#undef AS_LATERALITY
#define AS_CARE_TYPE(name) CARE_##name,
enum care_type { CARE_TYPES(AS_CARE_TYPE) CARE_TYPE_COUNT };
#undef AS_CARE_TYPE

/* The symbols of each enum, in its order; for codecs, the book and messages. */
extern const struct bytes kind_names[KIND_COUNT], diagnosis_system_names[SYSTEM_COUNT],
    laterality_names[LATERALITY_COUNT], care_type_names[CARE_TYPE_COUNT];

/* The fields in the order of the table of §1. NAME, type, may be absent. */
#define DECLARATION_FIELDS(X)                                                                                \
    X(DECLARATION_ID, declaration_id, STRING, 0)                                                             \
    X(KIND, kind, KIND, 0)                                                                                   \
    X(CREDITS_ID, credits_id, STRING, 1)                                                                     \
    X(INSURER, insurer, INT, 0)                                                                              \
    X(INSURED, insured, STRING, 0)                                                                           \
    X(BIRTH_DATE, birth_date, DATE, 0)                                                                       \
    X(PROVIDER, provider, STRING, 0)                                                                         \
    X(REFERRER, referrer, STRING, 1)                                                                         \
    X(SPECIALISM, specialism, STRING, 1)                                                                     \
    X(DIAGNOSIS_SYSTEM, diagnosis_system, DIAGNOSIS_SYSTEM, 1)                                               \
    X(DIAGNOSIS, diagnosis, STRING, 1)                                                                       \
    X(CARE_TYPE, care_type, CARE_TYPE, 0)                                                                    \
    X(CARE_CODE, care_code, STRING, 0)                                                                       \
    X(SUBTYPE, subtype, STRING, 1)                                                                           \
    X(TRAJECTORY, trajectory, STRING, 1)                                                                     \
    X(LATERALITY, laterality, LATERALITY, 1)                                                                 \
    X(START_DATE, start_date, DATE, 0)                                                                       \
    X(END_DATE, end_date, DATE, 0)                                                                           \
    X(QUANTITY, quantity, INT, 1)                                                                            \
    X(AMOUNT, amount, LONG, 0)                                                                               \
    X(SUBMITTED_AT, submitted_at, MOMENT, 0)                                                                 \
    X(SERIAL, serial, MAYBE_INT, 1)

#define AS_FIELD(NAME, name, type, optional) FIELD_##NAME,
enum declaration_field { DECLARATION_FIELDS(AS_FIELD) FIELD_COUNT };
#undef AS_FIELD
extern const struct bytes declaration_field_names[FIELD_COUNT];

/* Of the fields above those that are texts, in their order: what copies, hashes or packs them all goes over
 * `texts`. */
#define TEXT_OF_STRING(name) struct bytes name;
#define TEXT_OF_KIND(name)
#define TEXT_OF_INT(name)
#define TEXT_OF_MAYBE_INT(name)
#define TEXT_OF_LONG(name)
#define TEXT_OF_DATE(name)
#define TEXT_OF_MOMENT(name)
#define TEXT_OF_DIAGNOSIS_SYSTEM(name)
#define TEXT_OF_CARE_TYPE(name)
#define TEXT_OF_LATERALITY(name)
#define AS_TEXT(NAME, name, type, optional) TEXT_OF_##type(name)
struct declaration_texts {
    DECLARATION_FIELDS(AS_TEXT)
};
enum { DECLARATION_TEXTS = sizeof(struct declaration_texts) / sizeof(struct bytes) };

struct declaration {
    union {
        struct {
            DECLARATION_FIELDS(AS_TEXT)
        };
        struct bytes texts[DECLARATION_TEXTS];
    };
    int64_t amount, submitted_at;
    int32_t insurer, birth_date, start_date, end_date, quantity;
    int32_t serial; /* 0: null */
    uint8_t kind, diagnosis_system, care_type, laterality; /* the enums above */
    /* Bit 1 << FIELD_x: the decoder found it missing, of a wrong type or an unknown symbol. Its value is then
     * nothing. A decoder writes the defaults of §1 for what may be absent, and checks no bounds:
     * declaration_check does. */
    uint32_t unreadable;
    /* Of those, for people who mend the record: it has no such field; it has a symbol that is none. */
    uint32_t missing, unknown_symbols;
};
#undef AS_TEXT
#undef TEXT_OF_STRING
#undef TEXT_OF_KIND
#undef TEXT_OF_INT
#undef TEXT_OF_MAYBE_INT
#undef TEXT_OF_LONG
#undef TEXT_OF_DATE
#undef TEXT_OF_MOMENT
#undef TEXT_OF_DIAGNOSIS_SYSTEM
#undef TEXT_OF_CARE_TYPE
#undef TEXT_OF_LATERALITY

/* What the record says of itself beside its value. */
struct declaration_envelope {
    bool has_keys;            /* files have no keys: no key is asked for (§1 key_mismatch) */
    struct bytes key;         /* Kafka's key, null when there is none */
    int64_t record_timestamp; /* Kafka's, in milliseconds; INT64_MAX where there is none (files) */
};

/* DONE, or DEAD_LETTER with raw_bsn, bad_FIELD or key_mismatch: the first of §1 that holds. */
MUST_USE struct result declaration_check(const struct declaration *declaration,
                                         const struct declaration_envelope *envelope);

/* A string as §1 wants it: 1 to `length_max` bytes of UTF-8 without control characters. */
bool is_text(struct bytes text, size_t length_max);
/* `insured` as §12 needs it to find a partition: a string of 1..64 bytes of UTF-8. */
bool insured_is_readable(const struct declaration *declaration);

#endif
