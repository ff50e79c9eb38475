#include "engine/same_care.h"

#include "engine/provider.h"
#include "engine/side.h"

static bool share_days(const struct duplicate_rule *rule, const struct declaration *a,
                       const struct declaration *b)
{
    int32_t first = a->start_date > b->start_date ? a->start_date : b->start_date;
    int32_t last = a->end_date < b->end_date ? a->end_date : b->end_date;
    return last - first + 1 >= rule->overlap_days ||
           (a->start_date == b->start_date && a->end_date == b->end_date);
}

/* As those of episodes do (§6). */
static bool lateralities_meet(uint8_t a, uint8_t b)
{
    return sides_meet(laterality_side(a), laterality_side(b));
}

static bool same_code(const struct declaration *a, const struct declaration *b)
{
    return a->care_type == b->care_type && bytes_equal(a->care_code, b->care_code);
}

static bool same_content(const struct declaration *a, const struct declaration *b)
{
    return a->start_date == b->start_date && a->laterality == b->laterality && same_code(a, b);
}

static bool same_overlap(const struct duplicate_rule *rule, const struct declaration *a,
                         const struct declaration *b)
{
    return share_days(rule, a, b) && lateralities_meet(a->laterality, b->laterality) &&
           (rule->any_code || same_code(a, b));
}

/* What is not given cannot part them: then the days and the sides decide. */
static bool same_trajectory(const struct book *book, const struct duplicate_rule *rule,
                            const struct declaration *a, const struct declaration *b)
{
    if (bytes_is_null(a->trajectory) || bytes_is_null(b->trajectory))
        return same_overlap(rule, a, b);
    return share_days(rule, a, b) && a->care_type == b->care_type &&
           bytes_equal(a->trajectory, b->trajectory) && same_provider(book, a->provider, b->provider);
}

static bool same_by_rule(const struct book *book, const struct duplicate_rule *rule,
                         const struct declaration *a, const struct declaration *b)
{
    switch (rule->same) {
    case SAME_OVERLAP:
        return same_overlap(rule, a, b);
    case SAME_TRAJECTORY:
        return same_trajectory(book, rule, a, b);
    default:
        return same_content(a, b);
    }
}

static bool are_parted(const struct book *book, const struct duplicate_rule *rule,
                       const struct declaration *a, const struct declaration *b)
{
    return rule->serials && a->serial && b->serial && a->serial != b->serial &&
           same_provider(book, a->provider, b->provider);
}

bool same_care(const struct book *book, const struct duplicate_rule *rule, const struct declaration *a,
               const struct declaration *b)
{
    return same_by_rule(book, rule, a, b) &&
           (!rule->within_provider || same_provider(book, a->provider, b->provider)) &&
           !are_parted(book, rule, a, b);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int same_care_order(const struct duplicate_rule *rule, const struct declaration *a,
                    const struct declaration *b)
{
    int order = 0;
    if (rule->same == SAME_CONTENT)
        order = compare_numbers(a->start_date, b->start_date);
    if (order == 0 && !rule->any_code)
        order = compare_numbers(a->care_type, b->care_type);
    if (order == 0 && !rule->any_code && rule->same != SAME_TRAJECTORY)
        order = bytes_compare(a->care_code, b->care_code);
    return order;
}
