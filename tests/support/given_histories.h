/* given_histories.h - random persons under a book in which rules meet: sides, suppression, split, prices,
 * ends, exclusions.
 * Owner:   strings are literals or live in the history; nothing to free.
 * Units:   days since 1970-01-01, cents. */
#ifndef BUNDELWACHT_TESTS_GIVEN_HISTORIES_H
#define BUNDELWACHT_TESTS_GIVEN_HISTORIES_H

#include "engine/calendar.h"
#include "engine/declaration.h"
#include "support/choice.h"

#include <stdio.h>
#include <stdlib.h>

/* Few codes, so that lines meet: A opens the hip (sides, quiet, price), B the leg (extend, truncate,
 * confirm), C the chain, which B suppresses; S is a session of all, M a massage and G a product that open and
 * move nothing, F raises a budget, X excludes, D ends, P is the price. */
static const char histories_book[] =
    "book: \"hard\"\nhorizon_days: 400\nwaiting_days: 30\n"
    "criteria:\n"
    "  hip.opens: [{care_type: HOSPITAL_DBC, care_code: \"A\"}]\n"
    "  leg.opens: [{care_type: HOSPITAL_DBC, care_code: \"B\"}]\n"
    "  chain.opens: [{care_type: GENERAL_PRACTICE, care_code: \"C\"}]\n"
    "  session: [{care_type: PARAMEDICAL, care_code: \"S*\"}]\n"
    "  care: [{care_type: [HOSPITAL_DBC, PARAMEDICAL, SHORT_STAY, GENERAL_PRACTICE]}]\n"
    "  factor: [{care_type: OTHER, care_code: \"F\"}]\n"
    "  other: [{care_type: OTHER, care_code: \"X\"}]\n"
    "  died: [{care_type: OTHER, care_code: \"D\"}]\n"
    "  price: [{care_type: OTHER, care_code: \"P\"}]\n"
    "  stay: [{care_type: SHORT_STAY}]\n"
    "  massage: [{care_type: PARAMEDICAL, care_code: \"M*\"}]\n"
    "bundles:\n"
    "  - id: hip\n    name: Hip\n    definitions:\n"
    "      - {from: 2025-01-01, until: 2027-12-31, sides: separate, patient: {min_age: 18},\n"
    "         opens: {criterion: hip.opens, look_back_days: 5, quiet_days: 20}, closes: {after_days: 40, "
    "end: [{name: died, criterion: died, after_days: 0}]},\n"
    "         clean_days: 3, uncontracted: shadow, excludes: [{name: other, criterion: other, from_day: -2, "
    "to_day: 2, effect: void}],\n"
    "         scope: {include: care, prorate: [SHORT_STAY], trajectory: true}, weight: 2, run_out_days: 30, "
    "true_up_days: 30,\n"
    "         expects: [{name: stay, criterion: stay, by_day: 10, wait_days: 5}],\n"
    "         measures: [{name: sessions, criterion: session, take: lines, at_most: 2}, {name: stay, "
    "criterion: stay, take: first_day},\n"
    "           {name: massages, criterion: massage, take: quantity, at_most: 3}],\n"
    "         signals: {max_specialisms: 1, max_hospitals: 1}}\n"
    "  - id: leg\n    name: Leg\n    definitions:\n"
    "      - {from: 2025-01-01, until: 2027-12-31, sides: none, patient: {}, opens: {criterion: leg.opens, "
    "look_back_days: 0},\n"
    "         closes: {after_days: 30, extend: {criterion: session, after_days: 20, max_days: 60}}, "
    "uncontracted: shadow,\n"
    "         excludes: [{name: other, criterion: other, from_day: 0, to_day: 60, effect: truncate}],\n"
    "         scope: {include: care}, run_out_days: 30, true_up_days: 30}\n"
    "  - id: chain\n    name: Chain\n    definitions:\n"
    "      - {from: 2025-01-01, until: 2027-12-31, sides: none, patient: {}, opens: {criterion: chain.opens, "
    "confirm: {criterion: session, from_day: -10, to_day: 10}, look_back_days: 0},\n"
    "         closes: {after_days: 60}, uncontracted: shadow, scope: {include: session}, run_out_days: 30, "
    "true_up_days: 30}\n"
    "overlaps:\n"
    "  - {pair: [hip, leg], lines: split}\n  - {pair: [hip, chain], lines: first}\n  - {pair: [leg, chain], "
    "lines: {prefer: leg}, suppress: chain}\n"
    "contracts:\n"
    "  - {id: hip-a, version: 1, bundle: hip, insurers: [1], providers: [\"00000001\", \"00000002\"], from: "
    "2025-01-01, until: 2027-12-31,\n"
    "     payment: prospective, loose: refused, price_criterion: price, price_by_days: 20,\n"
    "     budget: {strata: [{label: all, min_age: 18, amount: 1000}], factors: [{label: f, criterion: "
    "factor, add: 50, permille: 100}]},\n"
    "     thresholds: [{permille: 500, severity: info}, {permille: 1000, severity: warning}], "
    "projection_margin: 100, outlier_permille: 1500,\n"
    "     stop_loss: {permille: 1200, insurer_permille: 500}}\n"
    "successors:\n  - {old: \"00000003\", new: \"00000002\"}\n"
    "ends_care:\n  - {name: died, criterion: died, of: insurer, resumes: other, action: hold}\n"
    "  - {name: raised, criterion: factor, of: person, action: flag}\n"
    "duplicates:\n"
    "  - {name: dbc, criterion: hip.opens, within: provider, same: trajectory, allow: 1, action: hold}\n"
    "  - {name: session, criterion: session, within: person, serials: true, allow: 2, action: hold}\n"
    "  - {name: massage, criterion: massage, within: person, allow: 1, action: hold}\n"
    "  - {name: stay, criterion: stay, within: person, same: overlap, codes: any, overlap_days: 2, allow: 1, "
    "action: hold}\n"
    "  - {name: chain, criterion: chain.opens, within: person, same: overlap, allow: 2, action: flag}\n";

enum { HISTORY_LINES_MAX = 25, HISTORY_ID_BYTES = 24 };
struct history_of_person {
    struct declaration lines[HISTORY_LINES_MAX];
    char ids[HISTORY_LINES_MAX][HISTORY_ID_BYTES];
    size_t count;
};

static const struct kind_of_line {
    uint8_t care_type;
    const char *code;
} kinds_of_lines[] = { { CARE_PARAMEDICAL, "S1" }, { CARE_HOSPITAL_DBC, "A" },
                       { CARE_HOSPITAL_DBC, "B" }, { CARE_GENERAL_PRACTICE, "C" },
                       { CARE_SHORT_STAY, "Y" },   { CARE_PARAMEDICAL, "S2" },
                       { CARE_OTHER, "P" },        { CARE_OTHER, "F" },
                       { CARE_OTHER, "X" },        { CARE_OTHER, "D" },
                       { CARE_PHARMACY, "Z" },     { CARE_HOSPITAL_OTHER, "H" },
                       { CARE_PARAMEDICAL, "M1" }, { CARE_PARAMEDICAL, "M2" },
                       { CARE_PARAMEDICAL, "M1" }, { CARE_HOSPITAL_DBC, "G" } };

static struct declaration given_line(struct choices *choices, struct bytes id)
{
    static const char *const providers[] = { "00000001", "00000002", "00000003" }, *const specialisms[] = {
        "0303", "0305"
    };
    static const char *const trajectories[] = { NULL, "T1", "T2" };
    static const int64_t amounts[] = { 100, 0, 333, 1000, 777 };
    const struct kind_of_line *kind = &kinds_of_lines[choice_below(choices, COUNT(kinds_of_lines))];
    int32_t start = 20500 + (int32_t)choice_below(choices, 100);
    int32_t late = choice_chance(choices, 30) ? 450 : (int32_t)choice_below(choices, 90);
    return (struct declaration){ .declaration_id = id,
                                 .insured = BYTES("p1"),
                                 .provider = bytes_of(providers[choice_below(choices, 3)]),
                                 .specialism = bytes_of(specialisms[choice_below(choices, 2)]),
                                 .care_code = bytes_of(kind->code),
                                 .trajectory = bytes_of(trajectories[choice_below(choices, 3)]),
                                 .amount = amounts[choice_below(choices, 5)],
                                 .insurer = choice_chance(choices, 100) ? 2 : 1,
                                 .birth_date = -8000,
                                 .start_date = start,
                                 .end_date = start + (int32_t)choice_below(choices, 30),
                                 .quantity = 1 + (int32_t)choice_below(choices, 2),
                                 .serial = (int32_t)choice_below(choices, 3),
                                 .care_type = kind->care_type,
                                 .laterality = (uint8_t)choice_below(choices, LATERALITY_COUNT),
                                 .submitted_at = (start + late) * DAY_MILLISECONDS + 1000 };
}

/* A credit of an earlier line, a repeat or a conflict of one, or care of its own. */
static struct declaration given_next(struct choices *choices, const struct history_of_person *history,
                                     struct bytes id)
{
    struct declaration line = given_line(choices, id);
    if (history->count == 0 || !choice_chance(choices, 250))
        return line;
    struct declaration again = history->lines[choice_below(choices, history->count)];
    again.submitted_at += (int64_t)choice_below(choices, 40) * DAY_MILLISECONDS;
    if (choice_chance(choices, 300))
        return again; /* the same record, or the same line again */
    if (choice_chance(choices, 200)) {
        again.amount += again.kind != KIND_RELEASE; /* which is of no money */
        again.quantity += 1;
        return again; /* something else under its id */
    }
    if (again.kind == KIND_DEBIT && choice_chance(choices, 200)) {
        again.kind = KIND_RELEASE;
        again.credits_id = again.declaration_id;
        again.amount = 0;
    } else if (again.kind != KIND_CREDIT) {
        again.kind = KIND_CREDIT;
        again.credits_id = again.declaration_id;
        again.amount += choice_chance(choices, 100);
    }
    again.declaration_id = id;
    return again;
}

static void given_history(struct choices *choices, struct history_of_person *ret_history)
{
    size_t count = 1 + choice_below(choices, HISTORY_LINES_MAX - 2);
    ret_history->count = 0;
    for (size_t i = 0; i < count; i++) {
        snprintf(ret_history->ids[i], HISTORY_ID_BYTES, "d%02zu", i);
        ret_history->lines[i] = given_next(choices, ret_history, bytes_of(ret_history->ids[i]));
        ret_history->count++;
    }
}

#endif
