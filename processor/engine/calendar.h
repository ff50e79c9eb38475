/* calendar.h - days, ages and moments (§0, §1, §6b).
 * Units:   a day is days since 1970-01-01; a moment is milliseconds since then, UTC.
 * Errors:  parsers return false and leave the result untouched.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_CALENDAR_H
#define BUNDELWACHT_ENGINE_CALENDAR_H

#include "base/bytes.h"

#define DAY_1850_01_01 (-43829)
#define DAY_1990_01_01 7305
#define DAY_2099_12_31 47481
#define MOMENT_2000_01_01 946684800000LL
#define MOMENT_2099_12_31_LAST 4102444799999LL
#define DAY_MILLISECONDS 86400000LL
#define DAY_NONE INT32_MAX /* no such day: never due */

struct civil {
    int32_t year, month, day;
};

struct civil day_to_civil(int32_t day);
/* False when there is no such date. */
bool day_from_civil(struct civil civil, int32_t *ret_day);
int32_t moment_to_day(int64_t moment);
/* Completed years on `day`; born on 29 February: birthday on 1 March in other years; 0 before the birth
 * (§6b). */
int32_t age_on(int32_t birth_date, int32_t day);

/* The forms of §11 exactly: 2026-03-12 and 2026-03-12T09:00:00.000Z. */
#define DAY_TEXT_BYTES 10
#define MOMENT_TEXT_BYTES 24
void day_to_text(int32_t day, char text[DAY_TEXT_BYTES]);          /* years 0000..9999; not terminated */
void moment_to_text(int64_t moment, char text[MOMENT_TEXT_BYTES]); /* not terminated */
bool day_from_text(struct bytes text, int32_t *ret_day);
bool moment_from_text(struct bytes text, int64_t *ret_moment);

#endif
