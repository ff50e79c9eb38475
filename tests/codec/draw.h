/* draw.h - random declarations and outputs for the properties of this room.
 * Owner:   strings live in the pool of draw_begin until its next call. */
#ifndef BUNDELWACHT_TESTS_CODEC_DRAW_H
#define BUNDELWACHT_TESTS_CODEC_DRAW_H

#include "base/arena.h"
#include "engine/calendar.h"
#include "engine/declaration.h"
#include "engine/outputs.h"
#include "support/choice.h"

static struct arena draw_pool;

static inline void draw_begin(void)
{
    static bool ready;
    if (!ready)
        arena_init(&draw_pool, 0);
    ready = true;
    arena_clear(&draw_pool);
}

/* Text of up to `max` bytes in UTF-8, now and then with what JSON must escape. */
static inline struct bytes draw_text(struct choices *choices, size_t max)
{
    static const char *const characters[] = { "a",
                                              "7",
                                              "Z",
                                              "/",
                                              "\"",
                                              "\\",
                                              "\t",
                                              "\x01",
                                              "\x7f",
                                              "\xC2\x85",
                                              "\xC3\xA9",
                                              "\xE2\x82\xAC",
                                              "\xF0\x9F\x98\x80",
                                              " " };
    char *text = arena_alloc(&draw_pool, max + 4);
    size_t length = 0, count = choice_below(choices, max + 1);
    bool plain = !choice_chance(choices, 300);
    for (size_t i = 0; i < count; i++) {
        struct bytes character = bytes_of(characters[choice_below(choices, plain ? 4 : COUNT(characters))]);
        if (length + character.length > max)
            break;
        memcpy(text + length, character.data, character.length);
        length += character.length;
    }
    return (struct bytes){ text, length };
}

static inline struct bytes draw_optional_text(struct choices *choices, size_t max)
{
    return choice_chance(choices, 500) ? draw_text(choices, max) : BYTES_NULL;
}

static inline int64_t draw_long(struct choices *choices)
{
    static const int64_t edges[] = { 0,    1,    -1,        63,        64,        -64,      -65,
                                     8191, 8192, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN };
    if (choice_chance(choices, 300))
        return edges[choice_below(choices, COUNT(edges))];
    return (int64_t)choice_skewed(choices, 0);
}

static inline int32_t draw_int(struct choices *choices)
{
    return (int32_t)(uint32_t)(uint64_t)draw_long(choices);
}

static inline int32_t draw_day(struct choices *choices) /* years 0000..9999: what JSON can write */
{
    return (int32_t)choice_between(choices, -719528, 2932896);
}

static inline int64_t draw_moment(struct choices *choices)
{
    return draw_day(choices) * DAY_MILLISECONDS + choice_between(choices, 0, DAY_MILLISECONDS - 1);
}

/* Any values that fit the types; bounds are declaration_check's matter. */
static inline struct declaration draw_declaration(struct choices *choices)
{
    return (struct declaration){
        .declaration_id = draw_text(choices, 70),
        .kind = (uint8_t)choice_below(choices, KIND_COUNT),
        .credits_id = draw_optional_text(choices, 70),
        .insurer = draw_int(choices),
        .insured = draw_text(choices, 70),
        .birth_date = draw_day(choices),
        .provider = draw_text(choices, 12),
        .referrer = draw_optional_text(choices, 12),
        .specialism = draw_optional_text(choices, 6),
        .diagnosis_system = (uint8_t)choice_below(choices, SYSTEM_COUNT),
        .diagnosis = draw_optional_text(choices, 14),
        .care_type = (uint8_t)choice_below(choices, CARE_TYPE_COUNT),
        .care_code = draw_text(choices, 14),
        .subtype = draw_optional_text(choices, 8),
        .trajectory = draw_optional_text(choices, 40),
        .laterality = (uint8_t)choice_below(choices, LATERALITY_COUNT),
        .start_date = draw_day(choices),
        .end_date = draw_day(choices),
        .quantity = draw_int(choices),
        .amount = draw_long(choices),
        .submitted_at = draw_moment(choices),
        .serial = choice_chance(choices, 500) ? draw_int(choices) : 0,
    };
}

/* The name of the first field that differs, or NULL. */
static inline const char *declaration_difference(const struct declaration *a, const struct declaration *b)
{
#define SAME_STRING(name) bytes_equal(a->name, b->name)
#define SAME_INT(name) (a->name == b->name)
#define SAME_MAYBE_INT SAME_INT
#define SAME_LONG SAME_INT
#define SAME_DATE SAME_INT
#define SAME_MOMENT SAME_INT
#define SAME_KIND SAME_INT
#define SAME_DIAGNOSIS_SYSTEM SAME_INT
#define SAME_CARE_TYPE SAME_INT
#define SAME_LATERALITY SAME_INT
#define SAME_FIELD(NAME, name, type, optional)                                        \
    if (!((a->unreadable & b->unreadable) & 1u << FIELD_##NAME) && !SAME_##type(name)) \
        return #name;
    if (a->unreadable != b->unreadable)
        return "unreadable";
    DECLARATION_FIELDS(SAME_FIELD)
    return NULL;
}

static inline struct maybe draw_maybe(struct choices *choices)
{
    bool known = choice_chance(choices, 500);
    return (struct maybe){ known, known ? draw_long(choices) : 0 };
}

static inline struct maybe draw_maybe_int(struct choices *choices)
{
    bool known = choice_chance(choices, 500);
    return (struct maybe){ known, known ? draw_int(choices) : 0 };
}

static inline const struct share *draw_shares(struct choices *choices, size_t count)
{
    struct share *shares = ARENA_ARRAY(&draw_pool, struct share, count + 1);
    for (size_t i = 0; i < count; i++)
        shares[i] = (struct share){ draw_text(choices, 60), draw_long(choices) };
    return shares;
}

static inline const struct measure *draw_measures(struct choices *choices, size_t count)
{
    struct measure *measures = ARENA_ARRAY(&draw_pool, struct measure, count + 1);
    for (size_t i = 0; i < count; i++)
        measures[i] = (struct measure){ draw_text(choices, 20), draw_maybe(choices) };
    return measures;
}

/* One field of an output, by its type in engine/outputs.def. */
#define DRAW_TEXT_VALUE(name) drawn->name = draw_text(choices, 64);
#define DRAW_TEXT_NULLABLE(name) drawn->name = draw_optional_text(choices, 64);
#define DRAW_PIECE_VALUE(name) drawn->name = draw_text(choices, 120);
#define DRAW_WORD_VALUE(name) drawn->name = (uint8_t)choice_below(choices, COUNT(name##_names));
#define DRAW_WORD_NULLABLE DRAW_WORD_VALUE
#define DRAW_BOOLEAN_VALUE(name) drawn->name = choice_chance(choices, 500);
#define DRAW_INT_VALUE(name) drawn->name = draw_int(choices);
#define DRAW_INT_NULLABLE(name) drawn->name = draw_maybe_int(choices);
#define DRAW_LONG_VALUE(name) drawn->name = draw_long(choices);
#define DRAW_LONG_NULLABLE(name) drawn->name = draw_maybe(choices);
#define DRAW_DAY_VALUE(name) drawn->name = draw_day(choices);
#define DRAW_MOMENT_VALUE(name) drawn->name = draw_moment(choices);
#define DRAW_LIST(name)                             \
    drawn->name##_count = choice_below(choices, 4); \
    drawn->name = draw_##name(choices, drawn->name##_count);
#define DRAW_SHARES_VALUE DRAW_LIST
#define DRAW_MEASURES_VALUE DRAW_LIST

static inline void draw_decision(struct choices *choices, struct decision *drawn)
{
#define DECISION_FIELD(name, type, null, role) DRAW_##type##_##null(name)
#include "engine/outputs.def"
}

static inline void draw_episode(struct choices *choices, struct episode_output *drawn)
{
#define EPISODE_FIELD(name, type, null, role) DRAW_##type##_##null(name)
#include "engine/outputs.def"
}

static inline void draw_alert(struct choices *choices, struct alert *drawn)
{
#define ALERT_FIELD(name, type, null, role) DRAW_##type##_##null(name)
#include "engine/outputs.def"
}

static inline void draw_output(struct choices *choices, struct output *ret_output)
{
    *ret_output = (struct output){ .kind = (uint8_t)choice_below(choices, OUTPUT_KIND_COUNT),
                                   .key = draw_text(choices, 100) };
    if (ret_output->kind == OUTPUT_DECISION)
        draw_decision(choices, &ret_output->decision);
    else if (ret_output->kind == OUTPUT_EPISODE)
        draw_episode(choices, &ret_output->episode);
    else
        draw_alert(choices, &ret_output->alert);
}

#endif
