/* collected.h - findings gathered by a test, and a small book that every mistake is made in. A `^` in a text
 * marks the place where a finding is expected; mark_take removes it and says its line and column. */
#ifndef BUNDELWACHT_TESTS_BOOK_COLLECTED_H
#define BUNDELWACHT_TESTS_BOOK_COLLECTED_H

#include "book/book_reader.h"

#include <stdio.h>
#include <string.h>

struct collected {
    size_t count, errors, warnings, notes;
    struct {
        int32_t line, column;
        char code[8], message[256];
    } items[64];
};

static inline void collect(void *context, const struct finding *finding)
{
    struct collected *all = context;
    *(finding->severity == FINDING_ERROR     ? &all->errors
      : finding->severity == FINDING_WARNING ? &all->warnings
                                             : &all->notes) += 1;
    if (all->count < 64) {
        all->items[all->count].line = finding->line;
        all->items[all->count].column = finding->column;
        snprintf(all->items[all->count].code, sizeof(all->items[0].code), "%s", finding->code);
        snprintf(all->items[all->count].message, sizeof(all->items[0].message), "%s", finding->message);
        all->count++;
    }
}

/* One line for a test's message: everything that was found. */
static inline const char *collected_text(const struct collected *all)
{
    static char text[4096];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < all->count && at < sizeof(text) - 400; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "\n    %d:%d %s %s", all->items[i].line,
                               all->items[i].column, all->items[i].code, all->items[i].message);
    return text;
}

struct mark {
    int32_t line, column; /* 0 without a mark */
};

static inline struct mark mark_take(char *text)
{
    char *at = strchr(text, '^');
    struct mark mark = { 0, 0 };
    if (!at)
        return mark;
    mark = (struct mark){ 1, 1 };
    for (const char *c = text; c < at; c++) {
        mark.column = *c == '\n' ? 1 : mark.column + (((unsigned char)*c & 0xC0) != 0x80);
        mark.line += *c == '\n';
    }
    memmove(at, at + 1, strlen(at));
    return mark;
}

/* `text` with the first `from` replaced by `to`; false when it does not stand there. */
static inline bool replaced(const char *text, const char *from, const char *to, char *result, size_t size)
{
    const char *at = strstr(text, from);
    if (!at)
        return false;
    snprintf(result, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return true;
}

static const char small_book[] =
    "book: \"small\"\n"
    "horizon_days: 1826\n"
    "waiting_days: 90\n"
    "criteria:\n"
    "  hip.opens:\n"
    "    - {care_type: HOSPITAL_DBC, specialism: \"0303\", diagnosis: \"DBC:218\"}\n"
    "  hip.care:\n"
    "    - {care_type: [HOSPITAL_DBC, REHABILITATION], specialism: [\"0303\", \"8418\"]}\n"
    "    - {care_type: SHORT_STAY, amount_at_least: 100}\n"
    "  leg.opens:\n"
    "    - {care_type: ACTIVITY, care_code: \"0335*\", laterality: LEFT}\n"
    "  leg.care:\n"
    "    - {care_type: ACTIVITY, care_code: \"0335*\"}\n"
    "  chain.opens:\n"
    "    - {care_type: GENERAL_PRACTICE, care_code: \"DM*\"}\n"
    "  hip.price:\n"
    "    - {care_type: OTHER, care_code: \"HIPBND\"}\n"
    "  died:\n"
    "    - {care_type: OTHER, care_code: \"DIED\"}\n"
    "bundles:\n"
    "  - id: hip\n"
    "    name: Hip fracture\n"
    "    definitions:\n"
    "      - from: 2025-01-01\n"
    "        until: 2025-12-31\n"
    "        sides: separate\n"
    "        patient: {min_age: 65}\n"
    "        opens: {criterion: hip.opens, look_back_days: 3, quiet_days: 120, confirm: {criterion: "
    "hip.care, from_day: -3, to_day: 9}}\n"
    "        closes: {after_days: 90, extend: {criterion: hip.care, after_days: 10, max_days: 120},\n"
    "                 end: [{name: died, criterion: died, after_days: 0}]}\n"
    "        excludes: [{name: death before, criterion: died, from_day: -9, to_day: 0, effect: void}]\n"
    "        scope: {include: hip.care, prorate: [SHORT_STAY]}\n"
    "        run_out_days: 180\n"
    "        expects: [{name: rehabilitation, criterion: hip.care, by_day: 21, wait_days: 150}]\n"
    "        outcomes: [{name: death, criterion: died, from_day: 0, to_day: 90}]\n"
    "        measures: [{name: lines, criterion: hip.care, take: lines, at_most: 9}]\n"
    "        signals: {max_specialisms: 3, stepped: {invasive: hip.care, conservative: died, days: 30}}\n"
    "      - {from: 2026-01-01, until: 2026-12-31, sides: separate, opens: {criterion: hip.opens},\n"
    "         closes: {after_days: 90}, scope: {include: hip.care}, run_out_days: 180, true_up_days: 90, "
    "weight: 2}\n"
    "  - id: leg\n"
    "    name: Leg\n"
    "    definitions:\n"
    "      - {from: 2025-01-01, until: 2026-12-31, opens: {criterion: leg.opens}, closes: {after_days: 30}, "
    "uncontracted: shadow,\n"
    "         scope: {include: leg.care}, run_out_days: 180}\n"
    "  - id: chain\n"
    "    name: Chain\n"
    "    definitions:\n"
    "      - {from: 2025-01-01, until: 2026-12-31, opens: {criterion: chain.opens}, closes: {after_days: "
    "30}, uncontracted: shadow,\n"
    "         scope: {include: chain.opens}, run_out_days: 180}\n"
    "overlaps:\n"
    "  - {pair: [hip, hip], lines: split}\n"
    "  - {pair: [hip, leg], lines: {prefer: hip}}\n"
    "  - {pair: [leg, chain], lines: {prefer: leg}}\n"
    "  - {pair: [chain, hip], suppress: chain}\n"
    "contracts:\n"
    "  - id: hip-north\n"
    "    version: 2\n"
    "    bundle: hip\n"
    "    insurers: [3311, 3313]\n"
    "    providers: [\"06010101\", \"06010102\"]\n"
    "    contractor: \"06010101\"\n"
    "    from: 2025-02-01\n"
    "    until: 2025-11-30\n"
    "    payment: prospective\n"
    "    loose: refused\n"
    "    price_criterion: hip.price\n"
    "    price_by_days: 150\n"
    "    budget:\n"
    "      strata:\n"
    "        - {label: \"65-79\", min_age: 65, max_age: 79, amount: 1450000}\n"
    "        - {label: \"80+\", min_age: 80, amount: 1725000}\n"
    "      factors:\n"
    "        - {label: nursed, criterion: hip.care, add: 60000, permille: 80, look_back_days: 90}\n"
    "    thresholds: [{permille: 800, severity: info}, {permille: 1000, severity: warning}]\n"
    "    projection_margin: 100\n"
    "    outlier_permille: 2500\n"
    "    stop_loss: {permille: 1500, insurer_permille: 800}\n"
    "  - {id: hip-south, version: 1, bundle: hip, insurers: [3312], from: 2025-01-01, until: 2026-12-31, "
    "payment: retrospective,\n"
    "     budget: {strata: [{label: all, amount: 1400000}]}, stop_loss: {amount: 4000000, insurer_permille: "
    "1000}}\n"
    "duplicates:\n"
    "  - {name: product, criterion: hip.care, within: provider, same: trajectory, allow: 1, action: hold}\n"
    "  - {name: visit, criterion: chain.opens, within: person, allow: 2, action: flag}\n";

#endif
