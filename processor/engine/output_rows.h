/* output_rows.h - the columns of outputs.def as macros: a struct member of each type, and what a role or a
 * type leaves out.
 * Threads: it has nothing at run time.
 *
 * A user pastes a column to the name of a macro, so that a type that is new or misspelt does not compile
 * until each knows it:
 *
 *     #define EPISODE_FIELD(name, type, null, role) IF_STATE_##role(printf("%s\n", #name);)
 *     #include "engine/outputs.def" */
#ifndef BUNDELWACHT_ENGINE_OUTPUT_ROWS_H
#define BUNDELWACHT_ENGINE_OUTPUT_ROWS_H

/* --- the member of a struct --- */

#define MEMBER_TEXT_VALUE(name) struct bytes name;
#define MEMBER_TEXT_NULLABLE(name) struct bytes name;
#define MEMBER_PIECE_VALUE(name) struct bytes name;
#define MEMBER_ANY_VALUE(name) struct bytes name;
#define MEMBER_ANY_NULLABLE(name) struct bytes name;
#define MEMBER_BYTES_NULLABLE(name) struct bytes name;
#define MEMBER_WORD_VALUE(name) uint8_t name;
#define MEMBER_WORD_NULLABLE(name) uint8_t name;
#define MEMBER_BOOLEAN_VALUE(name) bool name;
#define MEMBER_INT_VALUE(name) int32_t name;
#define MEMBER_INT_NULLABLE(name) struct maybe name;
#define MEMBER_LONG_VALUE(name) int64_t name;
#define MEMBER_LONG_NULLABLE(name) struct maybe name;
#define MEMBER_DAY_VALUE(name) int32_t name;
#define MEMBER_MOMENT_VALUE(name) int64_t name;
#define MEMBER_SHARES_VALUE(name) \
    const struct share *name;     \
    size_t name##_count;
#define MEMBER_MEASURES_VALUE(name) \
    const struct measure *name;     \
    size_t name##_count;
#define MEMBER(name, type, null, role) MEMBER_##type##_##null(name)

/* --- by role --- */

#define IF_STATE_GIVEN(...)
#define IF_STATE_KEY(...)
#define IF_STATE_STATE(...) __VA_ARGS__
#define IF_STATE_PAST(...)
#define IF_STATE_STAMP(...)

#define IF_REMEMBERED_GIVEN(...)
#define IF_REMEMBERED_KEY(...) __VA_ARGS__
#define IF_REMEMBERED_STATE(...) __VA_ARGS__
#define IF_REMEMBERED_PAST(...) __VA_ARGS__
#define IF_REMEMBERED_STAMP(...)

#define IS_OF_PATH_GIVEN false
#define IS_OF_PATH_KEY false
#define IS_OF_PATH_STATE false
#define IS_OF_PATH_PAST true
#define IS_OF_PATH_STAMP true

/* --- by type: where fields are taken class by class, as in a snapshot --- */

#define BY_CLASS_TEXT_VALUE(byte, span, number, maybe, list) span
#define BY_CLASS_TEXT_NULLABLE(byte, span, number, maybe, list) span
#define BY_CLASS_PIECE_VALUE(byte, span, number, maybe, list) span
#define BY_CLASS_WORD_VALUE(byte, span, number, maybe, list) byte
#define BY_CLASS_WORD_NULLABLE(byte, span, number, maybe, list) byte
#define BY_CLASS_BOOLEAN_VALUE(byte, span, number, maybe, list) byte
#define BY_CLASS_INT_VALUE(byte, span, number, maybe, list) number
#define BY_CLASS_INT_NULLABLE(byte, span, number, maybe, list) maybe
#define BY_CLASS_LONG_VALUE(byte, span, number, maybe, list) number
#define BY_CLASS_LONG_NULLABLE(byte, span, number, maybe, list) maybe
#define BY_CLASS_DAY_VALUE(byte, span, number, maybe, list) number
#define BY_CLASS_MOMENT_VALUE(byte, span, number, maybe, list) number
#define BY_CLASS_SHARES_VALUE(byte, span, number, maybe, list) list
#define BY_CLASS_MEASURES_VALUE(byte, span, number, maybe, list) list

#endif
