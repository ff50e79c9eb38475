/* fuzz_declaration.h - declarations of few persons, drawn from the bytes: care that config/book.yaml knows,
 * so that its rules have work. */
#ifndef BUNDELWACHT_TESTS_FUZZ_DECLARATION_H
#define BUNDELWACHT_TESTS_FUZZ_DECLARATION_H

#include "base/limits.h"
#include "base/must.h"
#include "book/book_reader.h"
#include "engine/calendar.h"
#include "engine/declaration.h"
#include "fuzz_choice.h"

enum { FIRST_DAY = 20454 /* 2026-01-01 */ };

static const struct book *book;

static inline void no_finding(void *context, const struct finding *finding)
{
    (void)context;
    (void)finding;
}

static inline void read_book(void)
{
    if (!book)
        book = book_read(SOURCE_DIR "/config/book.yaml", no_finding, NULL);
    must(book != NULL);
}

/* Care that config/book.yaml knows, and some that it does not. */
static const struct {
    uint8_t care_type, system;
    const char *specialism, *diagnosis, *care_code, *subtype;
} kinds[] = {
    { CARE_GENERAL_PRACTICE, SYSTEM_NONE, NULL, NULL, "12000", NULL },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "218", "199299018", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0305", "3019", "199299018", "21" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "418", "199299044", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0303", "333", "199299055", "11" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0318", "610", "199299066", "21" },
    { CARE_HOSPITAL_DBC, SYSTEM_DBC, "0313", "331", "199299077", "11" },
    { CARE_REHABILITATION, SYSTEM_DBC, "8418", "303", "199299088", NULL },
    { CARE_PARAMEDICAL, SYSTEM_DCSPH, NULL, "6202", "1000", "008" },
    { CARE_PARAMEDICAL, SYSTEM_DCSPH, NULL, "9248", "1000", "009" },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "038567", NULL },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "190031", NULL },
    { CARE_ACTIVITY, SYSTEM_NONE, "0303", NULL, "034771", NULL },
    { CARE_HOSPITAL_OTHER, SYSTEM_NONE, NULL, NULL, "079400", NULL },
    { CARE_ADD_ON, SYSTEM_NONE, "0313", NULL, "193002", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "HIPNEW", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "HIPBND", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "CLABND", NULL },
    { CARE_OTHER, SYSTEM_NONE, NULL, NULL, "DIED", NULL },
};

static inline struct bytes text_of(const char *text)
{
    return text ? bytes_of(text) : BYTES_NULL;
}

static inline struct bytes number_text(struct choices *choices, unsigned below)
{
    static const char digits[] = "012345678910111213141516171819202122232425262728293031";
    uint64_t number = choice_below(choices, below);
    return number < 10 ? (struct bytes){ digits + number, 1 }
                       : (struct bytes){ digits + 10 + (number - 10) * 2, 2 };
}

static inline struct declaration draw(struct choices *choices)
{
    static const char *const persons[] = { "p1", "p2", "p3" }, *const trajectories[] = { NULL, "t1", "t2" };
    static const char *const providers[] = { "06010102", "06010101", "06990001", "04001234", "99990001" };
    size_t kind = choice_below(choices, COUNT(kinds));
    int32_t start = FIRST_DAY + (int32_t)choice_between(choices, -200, 400);
    bool credit = choice_chance(choices, 150);
    return (struct declaration){
        .declaration_id = number_text(choices, 32),
        .kind = credit ? 1 : 0,
        .credits_id = credit ? number_text(choices, 16) : BYTES_NULL,
        .insurer = choice_chance(choices, 100) ? 3312 : 3311,
        .insured = text_of(persons[choice_below(choices, COUNT(persons))]),
        .birth_date = -10000,
        .provider = text_of(providers[choice_below(choices, COUNT(providers))]),
        .specialism = text_of(kinds[kind].specialism),
        .diagnosis_system = kinds[kind].system,
        .diagnosis = text_of(kinds[kind].diagnosis),
        .care_type = kinds[kind].care_type,
        .care_code = text_of(kinds[kind].care_code),
        .subtype = text_of(kinds[kind].subtype),
        .trajectory = text_of(trajectories[choice_below(choices, COUNT(trajectories))]),
        .laterality = (uint8_t)choice_below(choices, LATERALITY_COUNT),
        .start_date = start,
        .end_date = start + (int32_t)choice_skewed(choices, 200),
        .quantity = (int32_t)choice_between(choices, 1, 40),
        .amount = choice_chance(choices, 100) ? AMOUNT_CENTS_MAX : (int64_t)choice_skewed(choices, 2000000),
        .submitted_at =
            (start + choice_between(choices, 0, 400)) * DAY_MILLISECONDS + choice_between(choices, 0, 3)
    };
}

#endif
