#include "codec/reader_field.h"

const struct reader_field reader_fields[FIELD_COUNT] = {
#define TYPE_STRING_ROW READER_STRING, NULL, 0
#define TYPE_INT_ROW READER_INT, NULL, 0
#define TYPE_MAYBE_INT_ROW READER_MAYBE_INT, NULL, 0
#define TYPE_LONG_ROW READER_LONG, NULL, 0
#define TYPE_DATE_ROW READER_DATE, NULL, 0
#define TYPE_MOMENT_ROW READER_MOMENT, NULL, 0
#define TYPE_KIND_ROW READER_ENUM, kind_names, COUNT(kind_names)
#define TYPE_DIAGNOSIS_SYSTEM_ROW READER_ENUM, diagnosis_system_names, COUNT(diagnosis_system_names)
#define TYPE_CARE_TYPE_ROW READER_ENUM, care_type_names, COUNT(care_type_names)
#define TYPE_LATERALITY_ROW READER_ENUM, laterality_names, COUNT(laterality_names)
#define ROW(NAME, name, type, absent) ROW_OF(NAME, name, absent, type)
#define ROW_OF(NAME, name, absent, type) ROW_WITH(NAME, name, absent, TYPE_##type##_ROW)
#define ROW_WITH(NAME, name_, absent, ...) ROW_SPREAD(NAME, name_, absent, __VA_ARGS__)
#define ROW_SPREAD(NAME, name_, absent, type_, symbols_, symbols_count_)                                   \
    [FIELD_##NAME] = { .name = BYTES(#name_), .type = type_, .may_be_absent = absent,                      \
                       .nullable = absent && (type_ == READER_STRING || type_ == READER_MAYBE_INT),        \
                       .symbols = symbols_,                                                                \
                       .symbols_count = symbols_count_, .offset = offsetof(struct declaration, name_) },
    DECLARATION_FIELDS(ROW)
};

#define REQUIRED_BIT(NAME, name, type, absent) | (absent ? 0 : 1u << FIELD_##NAME)
const struct declaration declaration_absent = {
    .quantity = 1,
    .unreadable = 0 DECLARATION_FIELDS(REQUIRED_BIT),
    .missing = 0 DECLARATION_FIELDS(REQUIRED_BIT),
};
