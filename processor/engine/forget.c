#include "engine/forget.h"

#include "engine/calendar.h"

bool is_out_of_horizon(const struct book *book, const struct declaration *declaration)
{
    return declaration->start_date < moment_to_day(declaration->submitted_at) - book->horizon_days;
}

int32_t clock_day(const struct book *book, const struct declaration *declaration)
{
    return is_out_of_horizon(book, declaration) ? 0 : moment_to_day(declaration->submitted_at);
}

bool day_is_forgotten(const struct book *book, int32_t start_date, int32_t as_of)
{
    return as_of > start_date + book->horizon_days + FORGET_AFTER_HORIZON_DAYS;
}

/* Originals of which one names another count as one, in chains too, and meet a condition when all do: what
 * was sent of one may show the id of the other, which is in its memory. Of such a unit one line says all. */
struct forgettable {
    size_t of; /* a line of the same unit, nearer to the one that says all; that one says itself */
    bool no_rule;
    int32_t last_start;
};

static size_t unit_of(struct forgettable units[], size_t i)
{
    while (units[i].of != i)
        i = units[i].of = units[units[i].of].of;
    return i;
}

/* The units of the lines; what the rest has last is returned (INT32_MIN without a rest). */
static struct forgettable *units_make(const struct history *history, int32_t *ret_rest_last)
{
    struct forgettable *units = ARENA_ARRAY(history->arena, struct forgettable, history->lines_count);
    *ret_rest_last = INT32_MIN;
    for (size_t i = 0; i < history->lines_count; i++)
        units[i] = (struct forgettable){ i, true, INT32_MIN };
    for (size_t i = 0; i < history->lines_count; i++)
        if (history->lines[i].named)
            units[unit_of(units, i)].of = unit_of(units, (size_t)(history->lines[i].named - history->lines));
    for (size_t i = 0; i < history->lines_count; i++) {
        struct forgettable *unit = &units[unit_of(units, i)];
        unit->no_rule = unit->no_rule && history->lines[i].line->no_rule;
        if (placed_start(&history->lines[i]) > unit->last_start)
            unit->last_start = placed_start(&history->lines[i]);
    }
    for (size_t i = 0; i < history->lines_count; i++)
        if (!units[i].no_rule && units[i].last_start > *ret_rest_last)
            *ret_rest_last = units[i].last_start;
    return units;
}

static int32_t forget_day(const struct history *history, int32_t last_start)
{
    return last_start + history->rules->book->horizon_days + FORGET_AFTER_HORIZON_DAYS + 1;
}

int32_t history_forget_due(const struct history *history)
{
    int32_t rest_last, due = DAY_NONE;
    struct forgettable *units = units_make(history, &rest_last);
    if (rest_last != INT32_MIN)
        due = forget_day(history, rest_last);
    for (size_t i = 0; i < history->lines_count; i++) {
        const struct forgettable *unit = &units[unit_of(units, i)];
        if (unit->no_rule && forget_day(history, unit->last_start) < due)
            due = forget_day(history, unit->last_start);
    }
    return due;
}

bool history_has_rest(const struct history *history)
{
    int32_t rest_last;
    units_make(history, &rest_last);
    return rest_last != INT32_MIN;
}

bool history_forgets(const struct history *history, bool gone[])
{
    int32_t rest_last;
    struct forgettable *units = units_make(history, &rest_last);
    bool rest_gone = rest_last == INT32_MIN || forget_day(history, rest_last) <= history->as_of;
    for (size_t i = 0; i < history->lines_count; i++) {
        const struct forgettable *unit = &units[unit_of(units, i)];
        gone[i] = unit->no_rule ? forget_day(history, unit->last_start) <= history->as_of : rest_gone;
    }
    return rest_gone;
}
