#include "engine/calendar.h"

/* Howard Hinnant's days_from_civil: years begin in March, so that the leap day is the last. */
static int32_t days_from_march(int32_t year, int32_t month, int32_t day)
{
    int32_t y = month <= 2 ? year - 1 : year;
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil day_to_civil(int32_t day)
{
    int32_t z = day + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t day_of_era = z - era * 146097;
    int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int32_t month_from_march = (5 * day_of_year + 2) / 153;
    int32_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * month_from_march + 2) / 5 + 1,
    };
}

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

bool day_from_civil(struct civil civil, int32_t *ret_day)
{
    static const int32_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (civil.year < 0 || civil.year > 9999 || civil.month < 1 || civil.month > 12 || civil.day < 1)
        return false;
    if (civil.day > days[civil.month - 1] + (civil.month == 2 && is_leap(civil.year)))
        return false;
    *ret_day = days_from_march(civil.year, civil.month, civil.day);
    return true;
}

int32_t moment_to_day(int64_t moment)
{
    int64_t day = moment / DAY_MILLISECONDS;
    return (int32_t)(moment % DAY_MILLISECONDS < 0 ? day - 1 : day);
}

int32_t age_on(int32_t birth_date, int32_t day)
{
    if (day < birth_date)
        return 0;
    struct civil born = day_to_civil(birth_date), now = day_to_civil(day);
    int32_t years = now.year - born.year;
    /* 29 February compares as later than 28 and earlier than 1 March, which is what §1 asks for. */
    bool before_birthday = now.month < born.month || (now.month == born.month && now.day < born.day);
    return years - before_birthday;
}

static void digits_write(char *text, int count, int64_t value)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void day_to_text(int32_t day, char text[DAY_TEXT_BYTES])
{
    struct civil civil = day_to_civil(day);
    digits_write(text, 4, civil.year);
    text[4] = '-';
    digits_write(text + 5, 2, civil.month);
    text[7] = '-';
    digits_write(text + 8, 2, civil.day);
}

void moment_to_text(int64_t moment, char text[MOMENT_TEXT_BYTES])
{
    int32_t day = moment_to_day(moment);
    int64_t rest = moment - day * DAY_MILLISECONDS;
    day_to_text(day, text);
    text[10] = 'T';
    digits_write(text + 11, 2, rest / 3600000);
    text[13] = ':';
    digits_write(text + 14, 2, rest / 60000 % 60);
    text[16] = ':';
    digits_write(text + 17, 2, rest / 1000 % 60);
    text[19] = '.';
    digits_write(text + 20, 3, rest % 1000);
    text[23] = 'Z';
}

/* `form` has 9 for a digit; everything else stands for itself. */
static bool has_form(struct bytes text, const char *form, size_t form_length)
{
    if (text.length != form_length || text.data == NULL)
        return false;
    for (size_t i = 0; i < form_length; i++) {
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (form[i] == '9' ? !digit : text.data[i] != form[i])
            return false;
    }
    return true;
}

static int32_t digits_read(const char *text, int count)
{
    int32_t value = 0;
    for (int i = 0; i < count; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

bool day_from_text(struct bytes text, int32_t *ret_day)
{
    if (!has_form(text, "9999-99-99", DAY_TEXT_BYTES))
        return false;
    return day_from_civil((struct civil){ digits_read(text.data, 4), digits_read(text.data + 5, 2),
                                          digits_read(text.data + 8, 2) },
                          ret_day);
}

bool moment_from_text(struct bytes text, int64_t *ret_moment)
{
    int32_t day;
    if (!has_form(text, "9999-99-99T99:99:99.999Z", MOMENT_TEXT_BYTES))
        return false;
    if (!day_from_text((struct bytes){ text.data, DAY_TEXT_BYTES }, &day))
        return false;
    int32_t hour = digits_read(text.data + 11, 2), minute = digits_read(text.data + 14, 2),
            second = digits_read(text.data + 17, 2);
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *ret_moment = day * DAY_MILLISECONDS + ((hour * 60 + minute) * 60 + second) * 1000LL +
                  digits_read(text.data + 20, 3);
    return true;
}
