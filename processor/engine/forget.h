/* forget.h - what is very old is forgotten: the second of the two exceptions of axiom 1 (§2).
 * Owner:   nothing is held.
 * Units:   days.
 * Threads: pure. */
#ifndef BUNDELWACHT_ENGINE_FORGET_H
#define BUNDELWACHT_ENGINE_FORGET_H

#include "engine/history.h"

enum { FORGET_AFTER_HORIZON_DAYS = 730 };

/* Its start lies more than horizon_days before its own submission. */
bool is_out_of_horizon(const struct book *book, const struct declaration *declaration);
/* The day that a valid record brings as_of to, when it is later (§9): one that is out of horizon moves no
 * clock. */
int32_t clock_day(const struct book *book, const struct declaration *declaration);
/* as_of is past start_date + horizon_days + 730. */
bool day_is_forgotten(const struct book *book, int32_t start_date, int32_t as_of);
/* The first as_of on which something of the person is forgotten, or DAY_NONE. */
int32_t history_forget_due(const struct history *history);
/* Some line, with the credits that name it, does not meet the condition of no_rule. */
bool history_has_rest(const struct history *history);
/* Marks the lines that are forgotten on the history's as_of; true when the rest of the person is among them:
 * all that does not meet the condition of no_rule. */
bool history_forgets(const struct history *history, bool gone[]);

#endif
