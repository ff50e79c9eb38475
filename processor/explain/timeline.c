/* timeline.c - all of a person: episodes as bars over months, lines under them with their shares, and what is
 * in none. */
#include "explain/explained.h"

#include "base/limits.h"
#include "base/sort.h"
#include "engine/calendar.h"
#include "engine/person.h"

#include <inttypes.h>

enum { LABEL_COLUMNS = 32, BAR_COLUMNS = 40, AMOUNT_COLUMNS = 13 };

/* --- months as columns --- */

struct scale {
    int32_t first, count;     /* months; a month is year * 12 + month - 1 */
    int32_t columns, months;  /* a month has so many columns, or so many months have one */
};

static int32_t month_of(int32_t day)
{
    struct civil civil = day_to_civil(day);
    return civil.year * 12 + civil.month - 1;
}

static void scale_reach(struct scale *scale, int32_t day)
{
    int32_t month = month_of(day), last = scale->first + scale->count - 1;
    if (scale->count == 0 || month < scale->first) {
        scale->count = scale->count ? last - month + 1 : 1;
        scale->first = month;
    } else if (month > last) {
        scale->count = month - scale->first + 1;
    }
}

/* Reaches over all windows, and the lines in them. */
static struct scale scale_of(const struct history *history)
{
    struct scale scale = { .months = 1 };
    for (size_t i = 0; i < history->lanes_count; i++)
        for (size_t k = 0; k < history->lanes[i].episodes_count; k++) {
            scale_reach(&scale, history->lanes[i].episodes[k]->opens_window);
            scale_reach(&scale, history->lanes[i].episodes[k]->closes_on);
        }
    scale.columns = scale.count ? BAR_COLUMNS / scale.count : 1;
    scale.columns = scale.columns > 4 ? 4 : scale.columns;
    if (scale.columns == 0) {
        scale.columns = 1;
        scale.months = (scale.count + BAR_COLUMNS - 1) / BAR_COLUMNS;
    }
    return scale;
}

static int32_t column_of(const struct scale *scale, int32_t day)
{
    int32_t month = month_of(day) - scale->first;
    if (scale->months > 1)
        return month / scale->months;
    return month * scale->columns + (day_to_civil(day).day - 1) * scale->columns / 31;
}

static int32_t bar_columns(const struct scale *scale)
{
    return scale->months > 1 ? (scale->count + scale->months - 1) / scale->months
                             : scale->count * scale->columns;
}

static void add_years(struct page *page, const struct scale *scale)
{
    struct text years = page_text(page);
    text_pad_to(&years, LABEL_COLUMNS);
    for (int32_t i = 0; i < scale->count; i++) {
        int32_t month = scale->first + i;
        size_t at = LABEL_COLUMNS + (size_t)(scale->months > 1 ? i / scale->months : i * scale->columns);
        if ((i > 0 && month % 12 != 0) || text_columns(text_end(&years)) > at)
            continue;
        text_pad_to(&years, at);
        text_add_number(&years, month / 12);
        TEXT_ADD(&years, " ");
    }
    page_row(page, PAGE_FAINT, &years);
}

static void add_months(struct page *page, const struct scale *scale)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (scale->months > 1)
        return;
    struct text months = page_text(page);
    size_t letters = scale->columns >= 4 ? 3 : scale->columns >= 3 ? 2 : 1;
    for (int32_t i = 0; i < scale->count; i++) {
        text_pad_to(&months, LABEL_COLUMNS + (size_t)(i * scale->columns));
        text_add(&months, (struct bytes){ names + (scale->first + i) % 12 * 3, letters });
    }
    page_row(page, PAGE_FAINT, &months);
}

/* --- episodes --- */

static enum page_colour colour_of(const struct episode *episode)
{
    return episode->state == STATE_OPEN      ? PAGE_GREEN
           : episode->state == STATE_RUN_OUT ? PAGE_YELLOW
                                             : PAGE_PLAIN;
}

static void add_head(struct page *page, const struct episode *episode)
{
    struct text head = page_text(page);
    text_add(&head, episode->key);
    TEXT_ADD(&head, "  ");
    text_add(&head, state_names[episode->state]);
    TEXT_ADD(&head, "  cost ");
    text_add_euros(&head, episode->cost);
    if (episode->contract) {
        TEXT_ADD(&head, " of ");
        text_add_euros(&head, episode->budget);
        TEXT_ADD(&head, "  ");
        text_add(&head, episode->contract->id);
    } else {
        TEXT_ADD(&head, "  shadow: no contract");
    }
    if (!bytes_is_null(episode->ended_by)) {
        TEXT_ADD(&head, "  ended by ");
        text_add_quoted(&head, episode->ended_by);
    }
    putchar('\n');
    page_say(page, 0, &head);
}

static void add_bar(struct page *page, const struct scale *scale, const struct episode *episode)
{
    struct text bar = page_text(page);
    TEXT_ADD(&bar, "  window ");
    text_add_day(&bar, episode->opens_window);
    TEXT_ADD(&bar, "..");
    text_add_day(&bar, episode->closes_on);
    int32_t opened = column_of(scale, episode->opened_on), last = column_of(scale, episode->closes_on);
    text_pad_to(&bar, LABEL_COLUMNS + (size_t)column_of(scale, episode->opens_window));
    for (int32_t at = column_of(scale, episode->opens_window); at <= last || at <= opened; at++)
        text_add(&bar, at < opened ? BYTES("-") : at == opened ? BYTES("O") : BYTES("="));
    page_row(page, colour_of(episode), &bar);
}

/* The id goes to a line of its own when it does not fit. */
static void add_id(struct page *page, struct text *row, struct bytes id)
{
    if (text_columns(text_end(row)) + 2 + text_columns(id) > PAGE_COLUMNS) {
        page_row(page, PAGE_PLAIN, row);
        *row = page_text(page);
        text_pad_to(row, LABEL_COLUMNS);
    }
    TEXT_ADD(row, "  ");
    text_add(row, id);
    page_row(page, PAGE_PLAIN, row);
}

static void add_label(struct text *row, const struct placed *placed)
{
    TEXT_ADD(row, "  ");
    text_add_day(row, placed_start(placed));
    TEXT_ADD(row, " ");
    text_add(row, care_type_names[placed_declaration(placed)->care_type]);
}

static void add_line(struct page *page, const struct scale *scale, const struct placed *placed, int64_t cents)
{
    const struct declaration *declaration = placed_declaration(placed);
    struct text row = page_text(page);
    add_label(&row, placed);
    text_pad_to(&row, LABEL_COLUMNS + (size_t)column_of(scale, placed_start(placed)));
    TEXT_ADD(&row, "*");
    text_pad_to(&row, LABEL_COLUMNS + (size_t)bar_columns(scale));
    if (cents == declaration->amount) {
        text_add_amount(&row, cents, AMOUNT_COLUMNS);
    } else {
        text_add_amount(&row, cents, AMOUNT_COLUMNS);
        TEXT_ADD(&row, " of");
        text_add_amount(&row, declaration->amount, AMOUNT_COLUMNS);
    }
    if (placed->status == STATUS_BUNDLE_PRICE)
        TEXT_ADD(&row, " price");
    add_id(page, &row, declaration->declaration_id);
}

static void add_lines(struct page *page, const struct scale *scale, const struct lane *lane,
                      const struct episode *episode)
{
    for (size_t i = 0; i < lane->lines_count; i++) {
        const struct placed *placed = lane->lines[i];
        for (size_t k = 0; k < placed->shares_count; k++)
            if (placed->shares[k].episode == episode)
                add_line(page, scale, placed, placed->shares[k].cents);
        if (placed->status == STATUS_BUNDLE_PRICE && placed->priced == episode)
            add_line(page, scale, placed, placed_declaration(placed)->amount);
    }
}

static void add_lane(struct page *page, const struct scale *scale, const struct lane *lane, bool alone)
{
    if (!alone && lane->episodes_count) {
        struct text text = page_text(page);
        putchar('\n');
        TEXT_ADD(&text, "Insurer ");
        text_add_number(&text, lane->insurer);
        page_row(page, PAGE_BOLD, &text);
    }
    for (size_t i = 0; i < lane->episodes_count; i++) {
        add_head(page, lane->episodes[i]);
        add_bar(page, scale, lane->episodes[i]);
        add_lines(page, scale, lane, lane->episodes[i]);
    }
}

static void add_episodes(const struct explained *explained, struct page *page)
{
    const struct history *history = &explained->history;
    struct scale scale = scale_of(history);
    if (scale.count == 0) {
        struct text none = page_text(page);
        putchar('\n');
        TEXT_ADD(&none, "No episode. --why-not BUNDLE says why not.");
        page_say(page, 0, &none);
        return;
    }
    struct text legend = page_text(page);
    TEXT_ADD(&legend, "Episodes: - look-back, O opened_on, = to closes_on, * a line; shares in euros");
    putchar('\n');
    page_row(page, PAGE_BOLD, &legend);
    add_years(page, &scale);
    add_months(page, &scale);
    for (size_t i = 0; i < history->lanes_count; i++)
        add_lane(page, &scale, &history->lanes[i], history->lanes_count == 1);
}

/* --- what is in no episode --- */

static bool is_in_an_episode(const struct placed *placed)
{
    return placed->shares_count > 0 || placed->status == STATUS_BUNDLE_PRICE;
}

static void add_row(struct page *page, struct text *row, const struct decision *decision)
{
    text_pad_to(row, LABEL_COLUMNS - 2);
    text_add(row, decision->care_code);
    text_pad_to(row, LABEL_COLUMNS + CODE_BYTES_MAX - 2);
    text_add_amount(row, decision->amount, AMOUNT_COLUMNS + 1);
    TEXT_ADD(row, "  ");
    text_add(row, status_names[decision->status]);
    if (decision->reason != REASON_NONE) {
        TEXT_ADD(row, " ");
        text_add(row, reason_names[decision->reason]);
    }
    text_pad_to(row, LABEL_COLUMNS + CODE_BYTES_MAX + AMOUNT_COLUMNS + 29);
    add_id(page, row, decision->declaration_id);
}

static void add_decision(struct page *page, const struct decision *decision)
{
    struct text row = page_text(page);
    TEXT_ADD(&row, "  ");
    text_add_day(&row, decision->start_date);
    TEXT_ADD(&row, " ");
    text_add(&row, care_type_names[decision->care_type]);
    add_row(page, &row, decision);
}

static bool is_plain(const struct decision *decision)
{
    return decision->status == STATUS_FEE_FOR_SERVICE && decision->reason == REASON_no_rule;
}

/* No line has one of these by itself (§2). */
static bool is_repeat(const struct decision *decision)
{
    return decision->status == STATUS_REPEATED || decision->status == STATUS_CONFLICTING;
}

static int start_compare(const void *a, const void *b)
{
    const struct output *x = a, *y = b;
    return (x->decision.start_date > y->decision.start_date) -
           (x->decision.start_date < y->decision.start_date);
}

struct others {
    size_t shown, plain;
    int64_t plain_cents;
};

/* Every line that is in no episode, but for the many that no criterion of the book accepts: these are
 * counted. */
static void add_others(const struct explained *explained, struct page *page)
{
    struct others others = { 0 };
    size_t count;
    const struct output **decisions = explained_last(explained, &page->arena, OUTPUT_DECISION, &count);
    sort_stable((const void **)decisions, count, start_compare,
                ARENA_ARRAY(&page->arena, const void *, count));
    for (size_t i = 0; i < count; i++) {
        const struct decision *decision = &decisions[i]->decision;
        const struct placed *placed =
            is_repeat(decision) ? NULL : explained_line(explained, decision->declaration_id);
        if (placed && is_in_an_episode(placed))
            continue;
        if (is_plain(decision)) {
            others.plain++;
            others.plain_cents += decision->amount;
            continue;
        }
        if (others.shown++ == 0)
            page_title(page, "In no episode");
        add_decision(page, decision);
    }
    if (others.plain == 0)
        return;
    struct text text = page_text(page);
    putchar('\n');
    text_add_number(&text, (int64_t)others.plain);
    text_add(&text, others.plain == 1 ? BYTES(" line that no rule of the book can see (no_rule): ")
                                      : BYTES(" lines that no rule of the book can see (no_rule): "));
    text_add_euros(&text, others.plain_cents);
    page_say(page, 0, &text);
}

/* --- alerts: of a type that is raised often only how often --- */

static void add_count(struct page *page, uint8_t type, size_t count)
{
    struct text text = page_text(page);
    text_add_number(&text, (int64_t)count);
    TEXT_ADD(&text, " of type ");
    text_add(&text, alert_type_names[type]);
    TEXT_ADD(&text, "; --episode and --declaration show them");
    page_say(page, 2, &text);
}

static void add_alerts(const struct explained *explained, struct page *page)
{
    enum { ALERTS_SHOWN = 3 };
    size_t count, raised[ALERT_TYPE_COUNT] = { 0 };
    bool any = false;
    const struct output **alerts = explained_last(explained, &page->arena, OUTPUT_ALERT, &count);
    for (size_t i = 0; i < count; i++)
        raised[alerts[i]->alert.type] += alerts[i]->alert.action == ACTION_RAISED;
    for (size_t i = 0; i < count; i++)
        if (alerts[i]->alert.action == ACTION_RAISED && raised[alerts[i]->alert.type] <= ALERTS_SHOWN)
            explain_alert(page, &any, "Alerts", &alerts[i]->alert);
    for (uint8_t type = 0; type < ALERT_TYPE_COUNT; type++) {
        if (raised[type] <= ALERTS_SHOWN)
            continue;
        if (!any)
            page_title(page, "Alerts");
        any = true;
        add_count(page, type, raised[type]);
    }
}

static void add_dead_letters(const struct explained *explained, struct page *page)
{
    bool any = false;
    for (size_t i = 0; i < explained->records_count; i++) {
        const struct explained_record *record = &explained->records[i];
        if (!record->dead_letter)
            continue;
        if (!any)
            page_title(page, "Dead letters");
        any = true;
        struct text text = page_text(page);
        text_add(&text, bytes_of(record->dead_letter));
        TEXT_ADD(&text, ": ");
        text_add(&text, bytes_of(record->source));
        TEXT_ADD(&text, ", offset ");
        text_add_number(&text, record->offset);
        page_say(page, 2, &text);
    }
}

static void add_summary(const struct explained *explained, struct page *page)
{
    struct text text = page_text(page);
    size_t episodes = 0;
    for (size_t i = 0; i < explained->history.lanes_count; i++)
        episodes += explained->history.lanes[i].episodes_count;
    TEXT_ADD(&text, "Insured ");
    text_add(&text, explained->options->insured);
    if (explained->as_of > INT32_MIN) {
        TEXT_ADD(&text, " on ");
        text_add_day(&text, explained->as_of);
    }
    TEXT_ADD(&text, ", book ");
    text_add(&text, explained->options->book->book);
    TEXT_ADD(&text, ": ");
    text_add_number(&text, (int64_t)explained->records_count);
    text_add(&text, explained->records_count == 1 ? BYTES(" record, ") : BYTES(" records, "));
    text_add_number(&text, (int64_t)episodes);
    text_add(&text, episodes == 1 ? BYTES(" episode") : BYTES(" episodes"));
    page_say(page, 0, &text);
}

void explain_timeline(const struct explained *explained, struct page *page)
{
    add_summary(explained, page);
    add_episodes(explained, page);
    add_others(explained, page);
    add_alerts(explained, page);
    add_dead_letters(explained, page);
}
