/* sentences.c - reasons as sentences (sentences.h). They ask the functions that decided, and say what these
 * answer. */
#include "explain/sentences.h"

#include "engine/allocation.h"
#include "engine/calendar.h"
#include "engine/credit.h"
#include "engine/episode.h"
#include "engine/provider.h"

#include "base/must.h"

/* --- words --- */

void text_add_days(struct text *text, int64_t days)
{
    text_add_number(text, days);
    text_add(text, days == 1 ? BYTES(" day") : BYTES(" days"));
}

void text_add_quoted(struct text *text, struct bytes name)
{
    TEXT_ADD(text, "\"");
    text_add(text, name);
    TEXT_ADD(text, "\"");
}

void text_add_line(struct text *text, const struct placed *placed)
{
    TEXT_ADD(text, "line ");
    text_add_quoted(text, placed_declaration(placed)->declaration_id);
    TEXT_ADD(text, " of ");
    text_add_day(text, placed_start(placed));
}

static void add_criterion(struct text *text, const struct book *book, int32_t criterion)
{
    text_add_quoted(text, book->criteria[criterion].name);
}

static void add_days_of(struct text *text, int32_t first, int32_t last)
{
    text_add_day(text, first);
    TEXT_ADD(text, " to ");
    text_add_day(text, last);
}

static void add_episode_days(struct text *text, const struct episode *episode)
{
    text_add(text, episode->key);
    TEXT_ADD(text, ", which lasts from ");
    add_days_of(text, episode->opened_on, episode->closes_on);
}

/* --- openings (§6) --- */

bool bundle_may_open(const struct bundle *bundle, const struct line *line)
{
    for (size_t i = 0; i < bundle->definitions_count; i++)
        if (line_accepted_by(line, bundle->definitions[i].opens_criterion))
            return true;
    return false;
}

void text_add_no_definition(struct text *text, const struct bundle *bundle, const struct placed *placed)
{
    const struct definition *definition = definition_on(bundle, placed_start(placed));
    if (!definition) {
        TEXT_ADD(text, "a: no definition of the bundle holds on ");
        text_add_day(text, placed_start(placed));
        return;
    }
    TEXT_ADD(text, "a: opens.criterion of the definition that holds on ");
    text_add_day(text, placed_start(placed));
    TEXT_ADD(text, " does not accept it, that of another definition does");
}

static void add_age(struct text *text, const struct opener *opener)
{
    const struct definition *definition = opener->definition;
    TEXT_ADD(text, "b: the person is ");
    text_add_number(text, age_on(opener->line->declaration.birth_date, opener->start));
    TEXT_ADD(text, " years old on ");
    text_add_day(text, opener->start);
    TEXT_ADD(text, ", the bundle is for ");
    text_add_number(text, definition->min_age);
    if (definition->max_age == AGE_UNBOUNDED) {
        TEXT_ADD(text, " and older");
    } else {
        TEXT_ADD(text, " to ");
        text_add_number(text, definition->max_age);
    }
}

static void add_absorbed(struct text *text, const struct book *book, const struct opener *opener)
{
    if (opener->episode) {
        TEXT_ADD(text, "c: absorbed by ");
        add_episode_days(text, opener->episode);
        if (opener->start > opener->episode->closes_on) {
            TEXT_ADD(text, "; ");
            text_add_day(text, opener->start);
            TEXT_ADD(text, " is ");
            text_add_days(text, opener->start - opener->episode->closes_on);
            TEXT_ADD(text, " later, within clean_days, which are ");
            text_add_number(text, opener->episode->definition->clean_days);
        }
        return;
    }
    const struct definition *excluded =
        definition_on(&book->bundles[opener->bundle_at], placed_start(opener->other));
    TEXT_ADD(text, "c: the opening of ");
    text_add_line(text, opener->other);
    TEXT_ADD(text, " was excluded, and this is no new one: it starts ");
    text_add_days(text, opener->start - placed_start(opener->other));
    TEXT_ADD(text, " later, within the ");
    text_add_days(text, excluded->after_days + excluded->clean_days);
    TEXT_ADD(text, " of closes.after_days and clean_days");
}

static void add_not_fresh(struct text *text, const struct book *book, const struct opener *opener)
{
    const struct declaration *other = placed_declaration(opener->other);
    TEXT_ADD(text, "h: not fresh: ");
    text_add_line(text, opener->other);
    if (other->insurer != opener->lane->insurer) {
        TEXT_ADD(text, " at insurer ");
        text_add_number(text, other->insurer);
    }
    TEXT_ADD(text, ", which ");
    add_criterion(text, book, opener->definition->opens_criterion);
    TEXT_ADD(text, " accepts too, ends on ");
    text_add_day(text, other->end_date);
    TEXT_ADD(text, ", ");
    text_add_days(text, other->end_date > opener->start ? other->end_date - opener->start
                                                        : opener->start - other->end_date);
    text_add(text, other->end_date > opener->start ? BYTES(" after the start") : BYTES(" before the start"));
    TEXT_ADD(text, "; quiet_days are ");
    text_add_number(text, opener->definition->quiet_days);
}

static void add_not_confirmed(struct text *text, const struct book *book, const struct opener *opener)
{
    const struct near_criterion *confirm = &opener->definition->confirm;
    TEXT_ADD(text, "e: not confirmed: no other line of this side that ");
    add_criterion(text, book, confirm->criterion);
    TEXT_ADD(text, " accepts starts from ");
    add_days_of(text, opener->start + confirm->from_day, opener->start + confirm->to_day);
}

static void add_uncontracted(struct text *text, const struct opener *opener)
{
    TEXT_ADD(text, "f: no contract fits provider ");
    text_add(text, opener->provider);
    if (!bytes_equal(opener->provider, opener->line->declaration.provider))
        TEXT_ADD(text, " (the attributed one)");
    TEXT_ADD(text, " and insurer ");
    text_add_number(text, opener->lane->insurer);
    TEXT_ADD(text, " on ");
    text_add_day(text, opener->start);
}

static void add_excluded(struct text *text, const struct opener *opener)
{
    TEXT_ADD(text, "g: excluded by ");
    text_add_quoted(text, opener->exclude->name);
    TEXT_ADD(text, ": ");
    text_add_line(text, opener->other);
    TEXT_ADD(text, " starts on day ");
    text_add_number(text, placed_start(opener->other) - opener->start);
}

void text_add_opener(struct text *text, const struct book *book, const struct opener *opener)
{
    switch (opener->condition) {
    case OPENING_AGE: add_age(text, opener); break;
    case OPENING_ABSORBED: add_absorbed(text, book, opener); break;
    case OPENING_SUPPRESSED:
        TEXT_ADD(text, "d: suppressed by ");
        add_episode_days(text, opener->episode);
        break;
    case OPENING_NOT_FRESH: add_not_fresh(text, book, opener); break;
    case OPENING_NOT_CONFIRMED: add_not_confirmed(text, book, opener); break;
    case OPENING_UNCONTRACTED: add_uncontracted(text, opener); break;
    case OPENING_EXCLUDED: add_excluded(text, opener); break;
    case OPENING_OPENS:
        TEXT_ADD(text, "opens ");
        text_add(text, opener->episode->key);
        break;
    }
}

/* --- contracts (§8) --- */

void text_add_contract_condition(struct text *text, const struct contract *contract,
                                 enum contract_condition condition, const struct opener *opener)
{
    TEXT_ADD(text, "contract ");
    text_add_quoted(text, contract->id);
    switch (condition) {
    case CONTRACT_OF_ANOTHER_BUNDLE: TEXT_ADD(text, " is of another bundle"); break;
    case CONTRACT_NOT_IN_FORCE:
        TEXT_ADD(text, " is in force from ");
        add_days_of(text, contract->from, contract->until);
        break;
    case CONTRACT_OF_OTHER_INSURERS:
        TEXT_ADD(text, " does not list insurer ");
        text_add_number(text, opener->lane->insurer);
        break;
    case CONTRACT_OF_OTHER_PROVIDERS:
        TEXT_ADD(text, " does not list provider ");
        text_add(text, opener->provider);
        break;
    case CONTRACT_FITS: TEXT_ADD(text, " fits"); break;
    }
}

/* --- windows (§6) --- */

static void add_extended(struct text *text, const struct window_step *step)
{
    const struct definition *definition = step->episode->definition;
    bool at_most = step->day < placed_start(step->line) + definition->extend_after_days;
    TEXT_ADD(text, ": extended by ");
    text_add_line(text, step->line);
    TEXT_ADD(text, ", to ");
    text_add_days(text, definition->extend_after_days);
    TEXT_ADD(text, " after its start");
    if (!at_most)
        return;
    TEXT_ADD(text, ", but at most ");
    text_add_days(text, definition->extend_max_days);
    TEXT_ADD(text, " after opened_on");
}

static void add_ended(struct text *text, const struct window_step *step)
{
    TEXT_ADD(text, ": ended by ");
    text_add_quoted(text, step->name);
    TEXT_ADD(text, ", ");
    text_add_line(text, step->line);
    if (step->day == placed_start(step->line))
        return;
    TEXT_ADD(text, ", ");
    text_add_days(text, step->day - placed_start(step->line));
    TEXT_ADD(text, " after its start");
}

void text_add_step(struct text *text, const struct window_step *step)
{
    const struct definition *definition = step->episode->definition;
    bool start = step->kind == WINDOW_START || step->kind == WINDOW_CUT_START;
    text_add(text, start ? BYTES("opens_window ") : BYTES("closes_on "));
    text_add_day(text, step->day);
    switch (step->kind) {
    case WINDOW_START:
        TEXT_ADD(text, ": opened_on less look_back_days, which are ");
        text_add_number(text, definition->look_back_days);
        break;
    case WINDOW_CUT_START:
        TEXT_ADD(text, ": the day after ");
        text_add(text, step->other->key);
        TEXT_ADD(text, " closes");
        break;
    case WINDOW_END:
        TEXT_ADD(text, ": ");
        text_add_days(text, definition->after_days);
        TEXT_ADD(text, " after opened_on");
        break;
    case WINDOW_EXTENDED: add_extended(text, step); break;
    case WINDOW_ENDED: add_ended(text, step); break;
    case WINDOW_TRUNCATED:
        TEXT_ADD(text, ": truncated by ");
        text_add_quoted(text, step->name);
        TEXT_ADD(text, ", the day before ");
        text_add_line(text, step->line);
        break;
    case WINDOW_SUPPRESSED:
        TEXT_ADD(text, ": the day before ");
        text_add(text, step->other->key);
        TEXT_ADD(text, " opens, which suppresses it");
        break;
    }
}

/* --- allocation (§7) --- */

static void add_start_away(struct text *text, const struct placed *placed, int32_t day, struct bytes what)
{
    int32_t start = placed_start(placed);
    TEXT_ADD(text, "start ");
    text_add_day(text, start);
    TEXT_ADD(text, " is ");
    text_add_days(text, start < day ? day - start : start - day);
    text_add(text, start < day ? BYTES(" before ") : BYTES(" after "));
    text_add(text, what);
    TEXT_ADD(text, " ");
    text_add_day(text, day);
}

static void add_other_side(struct text *text, const struct episode *episode, const struct placed *placed)
{
    TEXT_ADD(text, "laterality ");
    text_add(text, laterality_names[placed_declaration(placed)->laterality]);
    TEXT_ADD(text, " does not go with side ");
    text_add(text, (struct bytes){ &episode->side, 1 });
}

static void add_by_trajectory(struct text *text, const struct book *book, const struct episode *episode,
                              const struct placed *placed)
{
    struct bytes provider = placed_declaration(placed)->provider;
    TEXT_ADD(text, " by its trajectory");
    text_add_same_provider(text, book, provider, placed_declaration(episode->opening)->provider);
}

void text_add_candidate(struct text *text, const struct book *book, const struct episode *episode,
                        const struct placed *placed)
{
    const struct definition *definition = episode->definition;
    switch (candidate_condition(book, episode, placed)) {
    case CANDIDATE_TOO_EARLY:
        add_start_away(text, placed, episode->opens_window, BYTES("opens_window"));
        break;
    case CANDIDATE_TOO_LATE: add_start_away(text, placed, episode->closes_on, BYTES("closes_on")); break;
    case CANDIDATE_OTHER_SIDE: add_other_side(text, episode, placed); break;
    case CANDIDATE_NOT_INCLUDED:
        TEXT_ADD(text, "out of scope: scope.include ");
        add_criterion(text, book, definition->scope_include);
        TEXT_ADD(text, " does not accept it");
        if (definition->scope_trajectory)
            TEXT_ADD(text, ", and it is not of the opening's provider and trajectory");
        break;
    case CANDIDATE_EXCLUDED:
        TEXT_ADD(text, "out of scope: scope.exclude ");
        add_criterion(text, book, definition->scope_exclude);
        TEXT_ADD(text, " accepts it");
        break;
    case CANDIDATE_IS:
        TEXT_ADD(text, "a candidate: in its window, ");
        add_days_of(text, episode->opens_window, episode->closes_on);
        TEXT_ADD(text, ", and in scope");
        if (!line_accepted_by(placed->line, definition->scope_include))
            add_by_trajectory(text, book, episode, placed);
        break;
    }
}

void text_add_price_condition(struct text *text, const struct book *book, const struct episode *episode,
                              const struct placed *price)
{
    switch (price_condition(book, episode, price)) {
    case PRICE_OF_OTHERS:
        TEXT_ADD(text, "its contract has another price, or does not list the provider, or there is none");
        break;
    case PRICE_OTHER_SIDE: add_other_side(text, episode, price); break;
    case PRICE_TOO_EARLY: add_start_away(text, price, episode->opened_on, BYTES("opened_on")); break;
    case PRICE_TOO_LATE: add_start_away(text, price, episode->closes_on, BYTES("closes_on")); break;
    case PRICE_FITS:
        if (episode->first_price == price) {
            TEXT_ADD(text, "its price: it had none");
        } else if (episode->first_price) {
            TEXT_ADD(text, "has a price, ");
            text_add_line(text, episode->first_price);
        } else {
            TEXT_ADD(text, "could have had it too");
        }
        break;
    }
}

void text_add_loss(struct text *text, const struct book *book, const struct loss *loss)
{
    bool first = overlap_of(book, loss->loser, loss->winner) == OVERLAP_FIRST;
    TEXT_ADD(text, "loses it to ");
    text_add(text, loss->winner->key);
    TEXT_ADD(text, ": the cell of ");
    text_add(text, loss->loser->bundle->id);
    TEXT_ADD(text, " and ");
    text_add(text, loss->winner->bundle->id);
    if (!first) {
        TEXT_ADD(text, " prefers ");
        text_add(text, loss->winner->bundle->id);
        return;
    }
    TEXT_ADD(text, " says first, and the other ");
    text_add(text, loss->winner->opened_on < loss->loser->opened_on   ? BYTES("opened earlier")
                   : loss->winner->bundle_at < loss->loser->bundle_at ? BYTES("stands first in the book")
                                                                      : BYTES("has the first key"));
}

/* --- credits (§3) --- */

static void add_two(struct text *text, struct bytes what, struct bytes ours, struct bytes theirs)
{
    text_add(text, what);
    text_add(text, ours);
    TEXT_ADD(text, ", not ");
    text_add(text, theirs);
}

void text_add_same_provider(struct text *text, const struct book *book, struct bytes provider,
                            struct bytes as)
{
    if (bytes_equal(provider, as) || !same_provider(book, provider, as))
        return;
    TEXT_ADD(text, " (the same provider as ");
    text_add(text, as);
    TEXT_ADD(text, ")");
}

void text_add_credit_condition(struct text *text, const struct book *book, const struct placed *credit,
                               const struct placed *original)
{
    const struct declaration *c = placed_declaration(credit), *x = placed_declaration(original);
    switch (credit_condition(book, credit, original)) {
    case CREDIT_OF_NO_DEBIT: TEXT_ADD(text, "what it names is no debit"); break;
    case CREDIT_OF_OUT_OF_HORIZON: TEXT_ADD(text, "the debit that it names is out of the horizon"); break;
    case CREDIT_OF_OTHER_AMOUNT:
        TEXT_ADD(text, "its amount is ");
        text_add_euros(text, c->amount);
        TEXT_ADD(text, ", that of the debit ");
        text_add_euros(text, x->amount);
        break;
    case CREDIT_OF_OTHER_PROVIDER: add_two(text, BYTES("its provider is "), c->provider, x->provider); break;
    case CREDIT_OF_OTHER_INSURER:
        TEXT_ADD(text, "its insurer is ");
        text_add_number(text, c->insurer);
        TEXT_ADD(text, ", not ");
        text_add_number(text, x->insurer);
        break;
    case CREDIT_MATCHES:
        TEXT_ADD(text, "amount, provider and insurer are those of the debit");
        text_add_same_provider(text, book, c->provider, x->provider);
        break;
    }
}
