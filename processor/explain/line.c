/* line.c - one line: the whole decision, and how it came to it. */
#include "explain/explained.h"

#include "engine/allocation.h"
#include "engine/calendar.h"
#include "engine/person.h"
#include "engine/settlement.h"
#include "engine/share.h"

/* --- the record --- */

static void add_field(struct text *text, const char *name, struct bytes value)
{
    if (bytes_is_null(value))
        return;
    TEXT_ADD(text, ", ");
    text_add(text, bytes_of(name));
    TEXT_ADD(text, " ");
    text_add(text, value);
}

static void add_submitted(struct text *text, const struct declaration *declaration)
{
    char moment[MOMENT_TEXT_BYTES];
    moment_to_text(declaration->submitted_at, moment);
    TEXT_ADD(text, "submitted ");
    text_add(text, (struct bytes){ moment, sizeof(moment) });
}

static void say_declaration(struct page *page, const struct declaration *d)
{
    struct text text = page_text(page);
    text_add(&text, kind_names[d->kind]);
    if (d->kind != KIND_DEBIT) {
        TEXT_ADD(&text, " of ");
        text_add_quoted(&text, d->credits_id);
        TEXT_ADD(&text, ",");
    }
    TEXT_ADD(&text, " ");
    text_add(&text, care_type_names[d->care_type]);
    TEXT_ADD(&text, " ");
    text_add(&text, d->care_code);
    TEXT_ADD(&text, ", ");
    text_add_day(&text, d->start_date);
    if (d->end_date != d->start_date) {
        TEXT_ADD(&text, " to ");
        text_add_day(&text, d->end_date);
    }
    TEXT_ADD(&text, ", ");
    text_add_euros(&text, d->amount);
    add_field(&text, "provider", d->provider);
    TEXT_ADD(&text, ", insurer ");
    text_add_number(&text, d->insurer);
    add_field(&text, "referrer", d->referrer);
    add_field(&text, "specialism", d->specialism);
    if (d->diagnosis_system != SYSTEM_NONE)
        add_field(&text, diagnosis_system_names[d->diagnosis_system].data, d->diagnosis);
    add_field(&text, "subtype", d->subtype);
    add_field(&text, "trajectory", d->trajectory);
    if (d->laterality != LATERALITY_NONE)
        add_field(&text, "laterality", laterality_names[d->laterality]);
    if (d->quantity != 1) {
        TEXT_ADD(&text, ", quantity ");
        text_add_number(&text, d->quantity);
    }
    if (d->serial) {
        TEXT_ADD(&text, ", serial ");
        text_add_number(&text, d->serial);
    }
    TEXT_ADD(&text, ", ");
    add_submitted(&text, d);
    page_say(page, 0, &text);
}

/* --- the decision and its accounts --- */

static void add_account(struct text *text, struct bytes name, int64_t cents)
{
    if (cents == 0)
        return;
    TEXT_ADD(text, ", ");
    text_add(text, name);
    TEXT_ADD(text, " ");
    text_add_euros(text, cents);
}

static void add_shares(struct text *text, const struct share shares[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        TEXT_ADD(text, ", ");
        text_add(text, shares[i].episode);
        TEXT_ADD(text, " ");
        text_add_euros(text, shares[i].cents);
    }
}

static void add_decision(struct text *text, const struct decision *decision)
{
    text_add_status(text, decision->status, decision->reason);
    add_account(text, BYTES("payable"), decision->payable);
    add_account(text, BYTES("covered"), decision->covered);
    add_account(text, BYTES("withheld"), decision->withheld);
    add_account(text, BYTES("refused"), decision->refused);
    add_account(text, BYTES("reversed"), decision->reversed);
    add_account(text, BYTES("of it outside of episodes"), decision->shares_count ? decision->outside : 0);
    if (bytes_is_null(decision->evidence))
        return;
    TEXT_ADD(text, ", evidence ");
    text_add_quoted(text, decision->evidence);
}

/* --- why: same care (§4) --- */

static void say_same_care(struct page *page, const struct placed *placed)
{
    if (!placed->rule)
        return;
    struct text text = page_text(page);
    page_title(page, "Same care");
    TEXT_ADD(&text, "rule ");
    text_add_quoted(&text, placed->rule->name);
    TEXT_ADD(&text, " lets ");
    text_add_number(&text, placed->rule->allow);
    TEXT_ADD(&text, " of the same care stand");
    if (placed->surplus) {
        TEXT_ADD(&text, ", and ");
        text_add_line(&text, placed->first_same);
        text_add(&text, placed->rule->hold ? BYTES(" was first: it is surplus and held")
                                           : BYTES(" was first: it is surplus and flagged only"));
    } else {
        text_add(&text, placed->released ? BYTES(": it was released") : BYTES(": it is among them"));
    }
    page_say(page, 2, &text);
}

/* --- why: ends of care (§4) --- */

static void say_after_ends(const struct explained *explained, struct page *page, const struct placed *placed)
{
    bool any = false;
    for (size_t i = 0; i < explained->history.after_ends_count; i++) {
        const struct after_end *after = &explained->history.after_ends[i];
        if (after->line != placed)
            continue;
        struct text text = page_text(page);
        if (!any)
            page_title(page, "After an end of care");
        any = true;
        text_add_quoted(&text, after->entry->name);
        TEXT_ADD(&text, " by ");
        text_add_line(&text, after->end);
        text_add(&text, after->entry->hold ? BYTES(": it is held") : BYTES(": it is flagged only"));
        page_say(page, 2, &text);
    }
}

/* --- why: candidates and shares (§7) --- */

static const struct loss *loss_of(const struct explained *explained, const struct placed *placed,
                                  const struct episode *episode)
{
    for (size_t i = 0; i < explained->explanation.losses_count; i++)
        if (explained->explanation.losses[i].line == placed &&
            explained->explanation.losses[i].loser == episode)
            return &explained->explanation.losses[i];
    return NULL;
}

static size_t share_at(const struct placed *placed, const struct episode *episode)
{
    size_t i = 0;
    while (i < placed->shares_count && placed->shares[i].episode != episode)
        i++;
    return i;
}

static void add_prorated(struct text *text, const struct placed *placed, const struct placed_share *share)
{
    const struct declaration *declaration = placed_declaration(placed);
    int32_t days = declaration->end_date - declaration->start_date + 1;
    if (!placed->prorated || share->days == days)
        return;
    TEXT_ADD(text, ", for ");
    text_add_number(text, share->days);
    TEXT_ADD(text, " of its ");
    text_add_days(text, days);
}

static void add_share(struct text *text, const struct placed *placed, size_t at)
{
    const struct placed_share *share = &placed->shares[at];
    TEXT_ADD(text, "; its share is ");
    text_add_euros(text, share->cents);
    if (placed->shares_count > 1) {
        TEXT_ADD(text, ", by weight ");
        text_add_number(text, share->episode->definition->weight);
    }
    add_prorated(text, placed, share);
    if (share->covered)
        TEXT_ADD(text, ", covered by the bundle price");
}

static void say_candidate(const struct explained *explained, struct page *page, const struct placed *placed,
                          const struct episode *episode)
{
    const struct loss *loss = loss_of(explained, placed, episode);
    size_t at = share_at(placed, episode);
    struct text text = page_text(page);
    text_add(&text, episode->key);
    TEXT_ADD(&text, ": ");
    text_add_candidate(&text, explained->options->book, episode, placed);
    if (loss) {
        TEXT_ADD(&text, ", but ");
        text_add_loss(&text, explained->options->book, loss);
    }
    if (at < placed->shares_count)
        add_share(&text, placed, at);
    page_say(page, 2, &text);
}

static void say_kept_pair(struct page *page, const struct book *book, const struct episode *a,
                          const struct episode *b)
{
    struct text text = page_text(page);
    TEXT_ADD(&text, "the cell of ");
    text_add(&text, a->bundle->id);
    TEXT_ADD(&text, " and ");
    text_add(&text, b->bundle->id);
    text_add(&text, overlap_of(book, a, b) == OVERLAP_SPLIT ? BYTES(" says split: they share it")
                                                            : BYTES(" leaves both"));
    page_say(page, 2, &text);
}

/* The cells between those that share the line. */
static void say_split(const struct explained *explained, struct page *page, const struct placed *placed)
{
    for (size_t i = 0; i < placed->shares_count; i++)
        for (size_t k = i + 1; k < placed->shares_count; k++)
            say_kept_pair(page, explained->options->book, placed->shares[i].episode,
                          placed->shares[k].episode);
}

static void say_candidates(const struct explained *explained, struct page *page, const struct placed *placed)
{
    const struct lane *lane = explained_lane(explained, placed_declaration(placed)->insurer);
    page_title(page, "Candidates");
    if (placed->line->no_rule) {
        struct text text = page_text(page);
        TEXT_ADD(&text,
                 "none: no criterion of the book accepts the line, and no scope follows its trajectory");
        page_say(page, 2, &text);
        return;
    }
    for (size_t i = 0; lane && i < lane->episodes_count; i++)
        say_candidate(explained, page, placed, lane->episodes[i]);
    if (lane && lane->episodes_count) {
        say_split(explained, page, placed);
        return;
    }
    struct text text = page_text(page);
    TEXT_ADD(&text, "none: the person has no episode at this insurer");
    page_say(page, 2, &text);
}

static void say_price(const struct explained *explained, struct page *page, const struct placed *price)
{
    const struct lane *lane = explained_lane(explained, placed_declaration(price)->insurer);
    page_title(page, "A bundle's price, for");
    for (size_t i = 0; lane && i < lane->episodes_count; i++) {
        struct text text = page_text(page);
        text_add(&text, lane->episodes[i]->key);
        TEXT_ADD(&text, ": ");
        text_add_price_condition(&text, explained->options->book, lane->episodes[i], price);
        page_say(page, 2, &text);
    }
    if (lane && lane->episodes_count)
        return;
    struct text text = page_text(page);
    TEXT_ADD(&text, "no episode: there is none at this insurer, so it waits for one");
    page_say(page, 2, &text);
}

/* --- what else the line does: it may open, and move windows and budgets --- */

void explain_opener(const struct explained *explained, struct page *page, size_t indent,
                    const struct opener *opener)
{
    const struct book *book = explained->options->book;
    struct text text = page_text(page);
    if (bytes_is_null(explained->options->why_not)) { /* which is about one bundle */
        text_add(&text, book->bundles[opener->bundle_at].id);
        TEXT_ADD(&text, ": ");
    }
    text_add_opener(&text, book, opener);
    page_say(page, indent, &text);
    if (opener->condition != OPENING_UNCONTRACTED)
        return;
    for (size_t i = 0; i < book->contracts_count; i++) {
        enum contract_condition condition =
            contract_condition(book, &book->contracts[i], opener->bundle_at, opener->lane->insurer,
                               opener->provider, opener->start);
        if (condition == CONTRACT_OF_ANOTHER_BUNDLE)
            continue;
        text = page_text(page);
        text_add_contract_condition(&text, &book->contracts[i], condition, opener);
        page_say(page, indent + 4, &text);
    }
}

static void say_openings(const struct explained *explained, struct page *page, const struct placed *placed)
{
    bool any = false;
    for (size_t i = 0; i < explained->explanation.openers_count; i++) {
        const struct opener *opener = &explained->explanation.openers[i];
        if (opener->placed != placed)
            continue;
        if (!any)
            page_title(page, "As an opening");
        any = true;
        explain_opener(explained, page, 2, opener);
    }
}

static void say_effect(struct page *page, bool *any, const struct episode *episode, struct text *what)
{
    struct text text = page_text(page);
    if (!*any)
        page_title(page, "What else it does");
    *any = true;
    text_add(&text, episode->key);
    TEXT_ADD(&text, ": ");
    text_add(&text, text_end(what));
    page_say(page, 2, &text);
}

static void say_factors(struct page *page, bool *any, const struct lane *lane, const struct episode *episode,
                        const struct placed *placed)
{
    for (size_t i = 0; episode->contract && i < episode->contract->factors_count; i++) {
        if (factor_line(lane, episode, &episode->contract->factors[i]) != placed)
            continue;
        struct text what = page_text(page);
        TEXT_ADD(&what, "the factor ");
        text_add_quoted(&what, episode->contract->factors[i].label);
        TEXT_ADD(&what, " of its budget");
        say_effect(page, any, episode, &what);
    }
}

static void say_effects(const struct explained *explained, struct page *page, const struct placed *placed)
{
    const struct lane *lane = explained_lane(explained, placed_declaration(placed)->insurer);
    bool any = false;
    for (size_t i = 0; i < explained->explanation.steps_count; i++) {
        const struct window_step *step = &explained->explanation.steps[i];
        if (step->line != placed)
            continue;
        struct text what = page_text(page);
        text_add_step(&what, step);
        say_effect(page, &any, step->episode, &what);
    }
    for (size_t i = 0; lane && i < lane->episodes_count; i++)
        say_factors(page, &any, lane, lane->episodes[i], placed);
}

static void say_criteria(const struct explained *explained, struct page *page, const struct placed *placed)
{
    const struct book *book = explained->options->book;
    struct text text = page_text(page);
    size_t count = 0;
    for (size_t i = 0; i < book->criteria_count; i++) {
        if (!line_accepted_by(placed->line, (int32_t)i))
            continue;
        text_add(&text, count++ == 0 ? BYTES("accepted by ") : BYTES(", "));
        text_add(&text, book->criteria[i].name);
    }
    if (count)
        page_say(page, 0, &text);
}

/* --- how it came to it --- */

static bool is_about(const struct output *output, struct bytes id)
{
    return output->kind == OUTPUT_DECISION && bytes_equal(output->decision.declaration_id, id);
}

static void say_path(const struct explained *explained, struct page *page, struct bytes id)
{
    page_title(page, "What was sent");
    for (size_t i = 0; i < explained->outputs_count; i++) {
        const struct output *output = &explained->outputs[i];
        if (!is_about(output, id))
            continue;
        struct text text = page_text(page);
        text_add_day(&text, output->decision.as_of);
        TEXT_ADD(&text, " revision ");
        text_add_number(&text, output->decision.revision);
        TEXT_ADD(&text, ", caused by ");
        text_add(&text, output->decision.cause);
        TEXT_ADD(&text, ": ");
        add_decision(&text, &output->decision);
        add_shares(&text, output->decision.shares, output->decision.shares_count);
        page_say(page, 2, &text);
    }
}

static bool is_line_of(const struct alert *alert, struct bytes episode, struct bytes declaration_id)
{
    return (bytes_is_null(episode) || bytes_equal(alert->episode, episode)) &&
           (bytes_is_null(declaration_id) || bytes_equal(alert->declaration_id, declaration_id));
}

void explain_alert(struct page *page, bool *any, const char *title, const struct alert *alert)
{
    static const struct {
        struct bytes word;
        enum page_colour colour;
    } severities[] = { { { "INFO     ", 9 }, PAGE_PLAIN },
                       { { "WARNING  ", 9 }, PAGE_YELLOW },
                       { { "CRITICAL ", 9 }, PAGE_RED } };
    struct text text = page_text(page);
    if (!*any)
        page_title(page, title);
    *any = true;
    text_add(&text, severities[alert->severity].word);
    text_add(&text, alert_type_names[alert->type]);
    TEXT_ADD(&text, " since ");
    text_add_day(&text, alert->as_of);
    TEXT_ADD(&text, ": ");
    text_add(&text, alert->message);
    page_say_in(page, severities[alert->severity].colour, 2, &text);
}

void explain_alerts(const struct explained *explained, struct page *page, struct bytes episode,
                    struct bytes declaration_id)
{
    size_t count;
    bool any = false;
    const struct output **alerts = explained_last(explained, &page->arena, OUTPUT_ALERT, &count);
    for (size_t i = 0; i < count; i++)
        if (alerts[i]->alert.action == ACTION_RAISED &&
            is_line_of(&alerts[i]->alert, episode, declaration_id))
            explain_alert(page, &any, "Alerts about it", &alerts[i]->alert);
}

/* --- the page --- */

static void say_title(struct page *page, struct bytes id, const struct decision *decision)
{
    struct text text = page_text(page);
    text_add(&text, id);
    if (decision) {
        TEXT_ADD(&text, ": ");
        add_decision(&text, decision);
    }
    page_say(page, 0, &text);
}

/* The last decision under the line's own key: repeats have keys of their own. */
static const struct decision *decision_of(const struct explained *explained, struct bytes id)
{
    const struct decision *last = NULL;
    for (size_t i = 0; i < explained->outputs_count; i++) {
        const struct output *output = &explained->outputs[i];
        if (is_about(output, id) && output->decision.status != STATUS_REPEATED &&
            output->decision.status != STATUS_CONFLICTING)
            last = &output->decision;
    }
    return last;
}

/* The decision about a second record with the id, which is sent under a key of its own (§2), or NULL. */
static const struct decision *decision_again(const struct explained *explained,
                                             const struct declaration *again, uint8_t status)
{
    for (size_t i = 0; i < explained->outputs_count; i++) {
        const struct output *output = &explained->outputs[i];
        if (is_about(output, again->declaration_id) && output->decision.submitted_at == again->submitted_at &&
            output->decision.status == status)
            return &output->decision;
    }
    return NULL;
}

static void add_again(const struct explained *explained, struct text *text, const struct declaration *again,
                      const struct declaration *original)
{
    bool same = declaration_content(again) == declaration_content(original);
    const struct decision *decision =
        decision_again(explained, again, same ? STATUS_REPEATED : STATUS_CONFLICTING);
    if (same && again->submitted_at == original->submitted_at) {
        TEXT_ADD(text, "the same again, nothing is sent for it");
    } else if (decision) {
        add_decision(text, decision);
    } else {
        TEXT_ADD(
            text,
            "nothing is sent for it: another one of that moment was first, or the id had been forgotten");
    }
}

static void say_record(const struct explained *explained, struct page *page,
                       const struct explained_record *record, const struct declaration *original)
{
    struct text text = page_text(page);
    text_add(&text, bytes_of(record->source));
    TEXT_ADD(&text, ", offset ");
    text_add_number(&text, record->offset);
    if (record->dead_letter) { /* whose fields may be nothing */
        TEXT_ADD(&text, ": dead letter ");
        text_add(&text, bytes_of(record->dead_letter));
        page_say(page, 2, &text);
        return;
    }
    TEXT_ADD(&text, ", ");
    add_submitted(&text, &record->declaration);
    TEXT_ADD(&text, ": ");
    if (&record->declaration == original) {
        TEXT_ADD(&text, "the original");
    } else {
        add_again(explained, &text, &record->declaration, original);
    }
    page_say(page, 2, &text);
}

static const struct explained_record *original_of(const struct explained *explained, struct bytes id)
{
    for (size_t i = 0; i < explained->records_count; i++)
        if (!explained->records[i].dead_letter &&
            bytes_equal(explained->records[i].declaration.declaration_id, id))
            return &explained->records[i];
    return NULL;
}

static void say_records(const struct explained *explained, struct page *page, struct bytes id)
{
    const struct explained_record *original = original_of(explained, id);
    page_title(page, "Records with this id");
    for (size_t i = 0; i < explained->records_count; i++)
        if (bytes_equal(explained->records[i].declaration.declaration_id, id))
            say_record(explained, page, &explained->records[i], original ? &original->declaration : NULL);
}

static bool is_known(const struct explained *explained, struct bytes id)
{
    for (size_t i = 0; i < explained->records_count; i++)
        if (bytes_equal(explained->records[i].declaration.declaration_id, id))
            return true;
    return false;
}

static void say_unknown(const struct explained *explained, struct page *page, struct bytes id)
{
    struct bytes *names = ARENA_ARRAY(&page->arena, struct bytes, explained->records_count);
    size_t count = 0;
    for (size_t i = 0; i < explained->records_count; i++)
        if (explained->records[i].declaration.declaration_id.length > 0)
            names[count++] = explained->records[i].declaration.declaration_id;
    explain_say_names("declaration", id, names, count);
}

/* A line that the person does not keep: no rule can see it, or it has been forgotten, or was never looked
 * at. */
static void say_not_kept(const struct explained *explained, struct page *page,
                         const struct decision *decision)
{
    struct text text = page_text(page);
    if (!decision)
        return;
    page_title(page, "Why");
    if (decision->status == STATUS_OUT_OF_HORIZON) {
        TEXT_ADD(&text, "its start lies more than horizon_days, which are ");
        text_add_number(&text, explained->options->book->horizon_days);
        TEXT_ADD(&text, ", before its submission");
    } else if (decision->reason == REASON_no_rule) {
        TEXT_ADD(&text, "no criterion of the book accepts the line, and no scope follows its trajectory, "
                        "whatever else the person has");
    } else {
        TEXT_ADD(&text, "it is forgotten by now: the last decision is what is left of it");
    }
    page_say(page, 2, &text);
}

static void say_horizon(const struct explained *explained, struct page *page, const struct placed *placed)
{
    struct text text = page_text(page);
    int32_t submitted = moment_to_day(placed_declaration(placed)->submitted_at);
    page_title(page, "Why");
    TEXT_ADD(&text, "its start, ");
    text_add_day(&text, placed_start(placed));
    TEXT_ADD(&text, ", lies ");
    text_add_days(&text, submitted - placed_start(placed));
    TEXT_ADD(&text, " before its submission; horizon_days are ");
    text_add_number(&text, explained->options->book->horizon_days);
    page_say(page, 2, &text);
}

static void say_why(const struct explained *explained, struct page *page, const struct placed *placed)
{
    if (placed->status == STATUS_OUT_OF_HORIZON) {
        say_horizon(explained, page, placed);
        return;
    }
    if (placed_declaration(placed)->kind == KIND_CREDIT) {
        explain_credit(explained, page, placed);
        return;
    }
    if (placed->status == STATUS_CREDITED) {
        explain_credited(explained, page, placed);
        return;
    }
    if (placed_declaration(placed)->kind == KIND_RELEASE) {
        explain_release(explained, page, placed);
        return;
    }
    say_after_ends(explained, page, placed);
    say_same_care(page, placed);
    if (!placed->standing)
        return;
    if (placed->price)
        say_price(explained, page, placed);
    else
        say_candidates(explained, page, placed);
    say_openings(explained, page, placed);
    say_effects(explained, page, placed);
}

bool explain_declaration(const struct explained *explained, struct page *page)
{
    struct bytes id = explained->options->declaration;
    const struct placed *placed = explained_line(explained, id);
    const struct explained_record *original = original_of(explained, id);
    const struct decision *decision = decision_of(explained, id);
    if (!is_known(explained, id)) {
        say_unknown(explained, page, id);
        return false;
    }
    say_title(page, id, decision);
    if (original)
        say_declaration(page, &original->declaration);
    if (placed) {
        say_criteria(explained, page, placed);
        say_why(explained, page, placed);
    } else {
        say_not_kept(explained, page, decision);
    }
    explain_alerts(explained, page, BYTES_NULL, id);
    say_records(explained, page, id);
    if (decision)
        say_path(explained, page, id);
    return true;
}
