/* generator_draft.h - what generator.c and generator_paths.c share: draws, kinds of care, and lines that are
 * not yet submitted.
 * Owner:   drafts own their array; the rest are plain values.
 * Units:   days, cents, milliseconds, per mille.
 * Errors:  none.
 * Threads: one at a time. */
#ifndef BUNDELWACHT_PIPELINE_GENERATOR_DRAFT_H
#define BUNDELWACHT_PIPELINE_GENERATOR_DRAFT_H

#include "engine/declaration.h"

/* Numbers from a seed (splitmix64). */
struct draws {
    uint64_t state;
};
static inline uint64_t mix64(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}
static inline uint64_t draw(struct draws *draws)
{
    return mix64(draws->state += 0x9e3779b97f4a7c15u);
}
/* 0..below-1; below is under 2^32. */
static inline uint32_t draw_below(struct draws *draws, uint32_t below)
{
    return (uint32_t)(((draw(draws) >> 32) * below) >> 32);
}
static inline int32_t draw_between(struct draws *draws, int32_t first, int32_t last)
{
    return first + (int32_t)draw_below(draws, (uint32_t)(last - first + 1));
}
static inline bool draw_permille(struct draws *draws, uint32_t permille)
{
    return draw_below(draws, 1000) < permille;
}

/* A spread by its quantiles; between two of them it is drawn evenly. */
struct spread {
    int32_t at[6]; /* p0, p10, p50, p90, p99, p100 */
};
int32_t draw_spread(struct draws *draws, const struct spread *spread);

/* Days from the start of care to its submission: estimates, drawn from the rules of when a dbc closes. */
enum lag { LAG_SOON, LAG_MONTHLY, LAG_PRACTICE, LAG_PRODUCT, LAG_FOLLOW_UP, LAG_COUNT };
extern const struct spread lags[LAG_COUNT];

/* One kind of line: NAME, care type, care code, system, diagnosis, specialism, subtype, who declares it, lag,
 * cents at p0, p10, p50, p90, p99 and p100. A who of 4 digits is the beginning of an AGB code near the
 * person; 0: the path says who. */
#define CARES(X)                                                                                             \
    X(PILLS, PHARMACY, "70000", NONE, "", "", "", 202, SOON, 150, 350, 900, 4500, 30000, 120000)             \
    X(PILLS_FIRST, PHARMACY, "70001", NONE, "", "", "", 202, SOON, 700, 900, 1500, 6000, 30000, 90000)       \
    X(GP_VISIT, GENERAL_PRACTICE, "12000", ICPC, "A97", "0101", "", 101, PRACTICE, 1000, 1150, 1250, 2500,   \
      2600, 5200)                                                                                            \
    X(GP_MESSAGE, GENERAL_PRACTICE, "12002", NONE, "", "0101", "", 101, PRACTICE, 500, 600, 640, 700, 1250,  \
      1300)                                                                                                  \
    X(GP_LABORATORY, GENERAL_PRACTICE, "13029", ICPC, "T93", "0101", "", 101, PRACTICE, 500, 600, 1300,      \
      4000, 9000, 15000)                                                                                     \
    X(TEETH, DENTAL, "C002", NONE, "", "", "", 121, SOON, 2300, 2600, 6000, 22000, 90000, 150000)            \
    X(LABORATORY, HOSPITAL_OTHER, "072889", NONE, "", "0307", "", 601, PRODUCT, 300, 700, 2500, 9000, 40000, \
      90000)                                                                                                 \
    X(PHOTOGRAPH, HOSPITAL_OTHER, "085002", NONE, "", "0362", "", 601, PRODUCT, 4000, 5000, 6200, 16000,     \
      30000, 60000)                                                                                          \
    X(VISIT_EYES, HOSPITAL_DBC, "079899006", DBC, "554", "0301", "11", 601, PRODUCT, 9000, 12000, 21000,     \
      130000, 240000, 400000)                                                                                \
    X(VISIT_HEART, HOSPITAL_DBC, "099899017", DBC, "202", "0320", "11", 601, PRODUCT, 12000, 20000, 38000,   \
      220000, 900000, 2500000)                                                                               \
    X(DRUG, ADD_ON, "194099", NONE, "", "0313", "", 601, PRODUCT, 2000, 12000, 60000, 300000, 900000,        \
      2000000)                                                                                               \
    X(BACK_PAIN, PARAMEDICAL, "1000", DCSPH, "3326", "0404", "001", 404, MONTHLY, 3600, 3900, 4200, 4600,    \
      6000, 9000)                                                                                            \
    X(NURSING, DISTRICT_NURSING, "1000", NONE, "", "", "", 757, MONTHLY, 3000, 9000, 38000, 140000, 320000,  \
      600000)                                                                                                \
    X(MIND, MENTAL, "CO0012", NONE, "", "", "", 949, SOON, 7000, 10000, 16000, 26000, 60000, 110000)         \
    X(RIDE, TRANSPORT, "280000", NONE, "", "", "", 515, SOON, 2500, 6000, 12000, 70000, 90000, 140000)       \
    X(AID, AIDS, "WS0101", NONE, "", "", "", 767, SOON, 300, 1500, 6000, 60000, 400000, 900000)              \
    X(CHILD, MATERNITY, "192043", NONE, "", "", "", 808, SOON, 5000, 9000, 60000, 190000, 260000, 400000)    \
    X(HIP_SURGERY, HOSPITAL_DBC, "199299015", DBC, "218", "0303", "11", 0, PRODUCT, 420000, 780000, 950000,  \
      1350000, 2100000, 4200000)                                                                             \
    X(HIP_ORTHOPAEDICS, HOSPITAL_DBC, "199299021", DBC, "3019", "0305", "11", 0, PRODUCT, 420000, 780000,    \
      950000, 1350000, 2100000, 4200000)                                                                     \
    X(HIP_FOLLOW_UP, HOSPITAL_DBC, "199299037", DBC, "218", "0303", "21", 0, FOLLOW_UP, 15000, 22000, 41000, \
      140000, 420000, 900000)                                                                                \
    X(HIP_OPERATION, ACTIVITY, "038533", NONE, "", "0303", "", 0, PRODUCT, 0, 0, 0, 0, 0, 0)                 \
    X(HIP_WRONG_BED, ACTIVITY, "190031", NONE, "", "0303", "", 0, PRODUCT, 0, 0, 0, 0, 0, 0)                 \
    X(HIP_REHABILITATION, REHABILITATION, "998418101", DBC, "303", "8418", "", 0, FOLLOW_UP, 250000, 560000, \
      1150000, 1900000, 3000000, 4500000)                                                                    \
    X(SHORT_STAY, SHORT_STAY, "Z1002", NONE, "", "", "", 737, MONTHLY, 120000, 240000, 480000, 900000,       \
      1200000, 1500000)                                                                                      \
    X(HIP_PHYSIO, PARAMEDICAL, "1000", DCSPH, "6202", "0404", "001", 0, MONTHLY, 3600, 3900, 4200, 4600,     \
      6000, 9000)                                                                                            \
    X(HIP_NOTICE, OTHER, "HIPNEW", NONE, "", "", "", 0, SOON, 0, 0, 0, 0, 0, 0)                              \
    X(HIP_PRICE, OTHER, "HIPBND", NONE, "", "", "", 0, MONTHLY, 0, 0, 0, 0, 0, 0)                            \
    X(LEG_PRODUCT, HOSPITAL_DBC, "099999011", DBC, "418", "0303", "11", 0, PRODUCT, 15000, 30000, 70000,     \
      180000, 600000, 1400000)                                                                               \
    X(LEG_STENT_PRODUCT, HOSPITAL_DBC, "099999044", DBC, "418", "0303", "21", 0, PRODUCT, 350000, 480000,    \
      720000, 1500000, 3200000, 5000000)                                                                     \
    X(LEG_LABORATORY, HOSPITAL_OTHER, "079421", NONE, "", "0303", "", 0, PRODUCT, 5000, 6000, 9000, 14000,   \
      20000, 30000)                                                                                          \
    X(LEG_STENT, ACTIVITY, "080325", NONE, "", "0303", "", 0, PRODUCT, 0, 0, 0, 0, 0, 0)                     \
    X(LEG_BYPASS, ACTIVITY, "033525", NONE, "", "0303", "", 0, PRODUCT, 0, 0, 0, 0, 0, 0)                    \
    X(LEG_EXERCISE, PARAMEDICAL, "1000", DCSPH, "9248", "0404", "011", 0, MONTHLY, 3600, 3900, 4200, 4600,   \
      6000, 9000)                                                                                            \
    X(LEG_PRICE, OTHER, "CLABND", NONE, "", "", "", 0, MONTHLY, 0, 0, 0, 0, 0, 0)                            \
    X(BOWEL_SCOPE, HOSPITAL_DBC, "029199004", DBC, "610", "0318", "11", 0, PRODUCT, 30000, 60000, 110000,    \
      260000, 500000, 900000)                                                                                \
    X(BOWEL_SURGERY, HOSPITAL_DBC, "029107002", DBC, "333", "0303", "11", 0, PRODUCT, 400000, 800000,        \
      1150000, 1900000, 3600000, 6500000)                                                                    \
    X(BOWEL_RECTUM, HOSPITAL_DBC, "029107003", DBC, "335", "0303", "11", 0, PRODUCT, 500000, 900000,         \
      1300000, 2200000, 4000000, 6500000)                                                                    \
    X(BOWEL_OPERATION, ACTIVITY, "034711", NONE, "", "0303", "", 0, PRODUCT, 0, 0, 0, 0, 0, 0)               \
    X(BOWEL_ONCOLOGY, HOSPITAL_DBC, "029199051", DBC, "927", "0313", "11", 0, PRODUCT, 60000, 120000,        \
      240000, 500000, 900000, 1400000)                                                                       \
    X(BOWEL_CHEMOTHERAPY, ADD_ON, "193201", NONE, "", "0313", "", 0, PRODUCT, 10000, 25000, 70000, 280000,   \
      900000, 1500000)                                                                                       \
    X(BOWEL_RADIOTHERAPY, HOSPITAL_DBC, "990061014", DBC, "105", "0361", "11", 0, PRODUCT, 150000, 280000,   \
      520000, 900000, 1400000, 1900000)                                                                      \
    X(DEATH, OTHER, "DIED", NONE, "", "", "", 0, SOON, 0, 0, 0, 0, 0, 0)

#define AS_GENERATED_CARE(NAME, ...) GENERATED_##NAME,
enum generated_care { CARES(AS_GENERATED_CARE) GENERATED_CARE_COUNT };
#undef AS_GENERATED_CARE

struct care {
    uint8_t care_type, system, lag;
    struct bytes care_code, diagnosis, specialism, subtype; /* the last three may be null */
    uint32_t who;
    struct spread cents;
};
extern const struct care cares[GENERATED_CARE_COUNT];

/* A line before it is submitted: plain numbers, so that a million of them can wait. */
struct draft {
    int64_t submitted_at, amount;
    uint64_t drawn; /* among equals in submitted_at: the order in which they were drawn */
    uint32_t person, provider, number, credits_number; /* the last: 0 of a debit */
    uint32_t trajectory, referrer;                      /* 0: none */
    int32_t start_date, end_date, quantity;
    uint8_t care, laterality;
    bool finished; /* nothing more happens to it: no credit, no repeat */
};

/* The drafts that wait, the earliest on top (a heap). */
struct drafts {
    struct draft *items;
    size_t count, capacity;
    uint64_t drawn;
    uint32_t numbers; /* the last number that was given to a line */
    int64_t end;      /* what would be submitted later than this moment is left out */
};
void drafts_add(struct drafts *drafts, struct draft draft);
struct draft drafts_take(struct drafts *drafts);

/* Everything about a person follows from its number; `what` keeps its properties apart. */
uint64_t person_mixed(uint64_t seed, uint32_t person, uint64_t what);
int32_t person_birth(uint64_t seed, uint32_t person);
int32_t person_insurer(uint64_t seed, uint32_t person);

/* 09:00 to 17:00 of a day, drawn. */
int64_t draw_office_moment(struct draws *draws, int32_t day);

enum path { PATH_HIP, PATH_LEG, PATH_BOWEL, PATH_COUNT };
struct path_start {
    enum path path;
    uint64_t seed;
    uint32_t person;
    int32_t day; /* of the fracture, the first visit, the diagnosis */
};
/* Draws the whole path into the drafts; true when the person dies on it. */
bool path_draw(const struct path_start *start, struct draws *draws, struct drafts *drafts);
int32_t path_min_age(enum path path);

#endif
