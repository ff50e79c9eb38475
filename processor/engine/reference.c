#include "engine/reference.h"

enum { REFERENCE_COUNT_MIN = 30 };

const struct episode_reference *reference_of_stratum(const struct reference *reference, struct bytes bundle,
                                                     struct bytes stratum)
{
    if (!reference)
        return NULL;
    for (size_t i = 0; i < reference->episodes_count; i++) {
        const struct episode_reference *entry = &reference->episodes[i];
        if (bytes_equal(entry->bundle, bundle) && bytes_equal(entry->stratum, stratum))
            return entry->count < REFERENCE_COUNT_MIN ? NULL : entry;
    }
    return NULL;
}

static int line_compare(const struct line_reference *entry, uint8_t care_type, struct bytes care_code)
{
    if (entry->care_type != care_type)
        return entry->care_type < care_type ? -1 : 1;
    return bytes_compare(entry->care_code, care_code);
}

int64_t reference_line_p999(const struct reference *reference, uint8_t care_type, struct bytes care_code)
{
    size_t low = 0, high = reference ? reference->lines_count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = line_compare(&reference->lines[middle], care_type, care_code);
        if (order == 0)
            return reference->lines[middle].p999;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

int32_t reference_completion_permille(const struct episode_reference *reference, int32_t opened_on,
                                      int32_t as_of)
{
    int32_t day = as_of <= opened_on ? 0 : (as_of - opened_on) / 7 * 7;
    int32_t day_before = 0, permille_before = 0;
    if (day <= 0)
        return 0;
    for (size_t i = 0; i < reference->declared_count; i++) {
        const struct declared_permille *given = &reference->declared[i];
        if (day == given->day)
            return given->permille;
        if (day < given->day) /* linearly between the days given, rounded down */
            return permille_before + (int32_t)((int64_t)(given->permille - permille_before) *
                                               (day - day_before) / (given->day - day_before));
        day_before = given->day;
        permille_before = given->permille;
    }
    return 1000;
}
