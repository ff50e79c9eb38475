/* episode.c - one episode step by step; and why a bundle has none. */
#include "explain/explained.h"

#include "engine/alert.h"
#include "engine/calendar.h"
#include "engine/money.h"
#include "engine/provider.h"
#include "engine/settlement.h"

static void say(struct page *page, size_t indent, struct bytes sentence)
{
    struct text text = page_text(page);
    text_add(&text, sentence);
    page_say(page, indent, &text);
}

/* `bundle/side/date` at any insurer, or the key of the topic, with `insured/insurer/` in front. */
static bool is_wanted(const struct explained *explained, struct page *page, int32_t insurer, struct bytes key)
{
    struct bytes wanted = explained->options->episode;
    struct text whole = page_text(page);
    text_add(&whole, explained->options->insured);
    TEXT_ADD(&whole, "/");
    text_add_number(&whole, insurer);
    TEXT_ADD(&whole, "/");
    text_add(&whole, key);
    return bytes_equal(wanted, key) || bytes_equal(wanted, text_end(&whole));
}

/* --- opening and window --- */

static const struct opener *opener_of(const struct explained *explained, const struct episode *episode)
{
    for (size_t i = 0; i < explained->explanation.openers_count; i++) {
        const struct opener *opener = &explained->explanation.openers[i];
        if (opener->condition == OPENING_OPENS && opener->episode == episode)
            return opener;
    }
    return NULL;
}

static void say_opening(const struct explained *explained, struct page *page, const struct episode *episode)
{
    const struct opener *opener = opener_of(explained, episode);
    struct text text = page_text(page);
    page_title(page, "Opening");
    TEXT_ADD(&text, "by ");
    text_add_line(&text, episode->opening);
    TEXT_ADD(&text, ", which came on ");
    text_add_day(&text, moment_to_day(placed_declaration(episode->opening)->submitted_at));
    TEXT_ADD(&text, "; definition of ");
    text_add_day(&text, episode->definition->from);
    TEXT_ADD(&text, " to ");
    text_add_day(&text, episode->definition->until);
    page_say(page, 2, &text);
    if (opener && opener->other) {
        text = page_text(page);
        TEXT_ADD(&text, "confirmed by ");
        text_add_line(&text, opener->other);
        page_say(page, 2, &text);
    }
}

static void say_window(const struct explained *explained, struct page *page, const struct episode *episode)
{
    page_title(page, "Window");
    for (size_t i = 0; i < explained->explanation.steps_count; i++) {
        const struct window_step *step = &explained->explanation.steps[i];
        if (step->episode != episode)
            continue;
        struct text text = page_text(page);
        text_add_step(&text, step);
        page_say(page, 2, &text);
    }
}

/* --- contract and budget --- */

/* Where the contract names another code of the provider only. */
static void add_listed_as(struct text *text, const struct book *book, const struct contract *contract,
                          struct bytes provider)
{
    struct bytes as = BYTES_NULL;
    for (size_t i = 0; i < contract->providers_count && !bytes_equal(as, provider); i++)
        if (same_provider(book, contract->providers[i], provider) &&
            (bytes_is_null(as) || bytes_equal(contract->providers[i], provider)))
            as = contract->providers[i];
    if (!bytes_is_null(as))
        text_add_same_provider(text, book, provider, as);
}

static void say_contract(struct page *page, const struct book *book, const struct episode *episode)
{
    const struct contract *contract = episode->contract;
    struct text text = page_text(page);
    page_title(page, "Contract");
    TEXT_ADD(&text, "provider ");
    text_add(&text, episode->provider);
    if (!bytes_equal(episode->provider, placed_declaration(episode->opening)->provider))
        TEXT_ADD(&text, ", attributed by opens.attribute");
    if (contract)
        add_listed_as(&text, book, contract, episode->provider);
    if (!contract) {
        TEXT_ADD(&text, ": no contract fits, so it is a shadow episode without a budget");
        page_say(page, 2, &text);
        return;
    }
    TEXT_ADD(&text, ": ");
    text_add(&text, contract->id);
    TEXT_ADD(&text, " version ");
    text_add_number(&text, contract->version);
    text_add(&text, contract->prospective ? BYTES(", prospective") : BYTES(", retrospective"));
    if (!bytes_is_null(contract->contractor)) {
        TEXT_ADD(&text, ", contractor ");
        text_add(&text, contract->contractor);
    }
    page_say(page, 2, &text);
}

static void say_factor(struct page *page, const struct lane *lane, const struct episode *episode,
                       const struct factor *factor)
{
    const struct placed *line = factor_line(lane, episode, factor);
    struct text text = page_text(page);
    TEXT_ADD(&text, "factor ");
    text_add_quoted(&text, factor->label);
    if (!line) {
        TEXT_ADD(&text, ": does not hold");
        page_say(page, 2, &text);
        return;
    }
    TEXT_ADD(&text, " by ");
    text_add_line(&text, line);
    TEXT_ADD(&text, ":");
    if (factor->add) {
        TEXT_ADD(&text, " + ");
        text_add_euros(&text, factor->add);
    }
    if (factor->permille) {
        TEXT_ADD(&text, " + ");
        text_add_permille(&text, factor->permille);
        TEXT_ADD(&text, " of the stratum");
    }
    page_say(page, 2, &text);
}

static void say_budget(struct page *page, const struct lane *lane, const struct episode *episode)
{
    struct text text = page_text(page);
    page_title(page, "Budget");
    TEXT_ADD(&text, "stratum ");
    text_add_quoted(&text, episode->stratum->label);
    TEXT_ADD(&text, ", the person is ");
    text_add_number(&text, age_on(placed_declaration(episode->opening)->birth_date, episode->opened_on));
    TEXT_ADD(&text, ": ");
    text_add_euros(&text, episode->stratum->amount);
    page_say(page, 2, &text);
    for (size_t i = 0; i < episode->contract->factors_count; i++)
        say_factor(page, lane, episode, &episode->contract->factors[i]);
    text = page_text(page);
    TEXT_ADD(&text, "budget ");
    text_add_euros(&text, episode->budget);
    page_say(page, 2, &text);
}

/* --- cost and result --- */

static void add_cents(struct page *page, const char *name, int64_t cents)
{
    struct text text = page_text(page);
    text_add(&text, bytes_of(name));
    TEXT_ADD(&text, " ");
    text_add_euros(&text, cents);
    page_say(page, 2, &text);
}

static void say_line(struct page *page, const struct placed *placed, int64_t cents, struct bytes what)
{
    int64_t amount = placed_declaration(placed)->amount;
    struct text text = page_text(page);
    text_add_day(&text, placed_start(placed));
    TEXT_ADD(&text, " ");
    text_add(&text, care_type_names[placed_declaration(placed)->care_type]);
    text_pad_to(&text, 28);
    text_add_amount(&text, cents, 14);
    if (cents != amount) {
        TEXT_ADD(&text, " of ");
        text_add_amount(&text, amount, 0);
    }
    TEXT_ADD(&text, "  ");
    text_add(&text, placed_declaration(placed)->declaration_id);
    text_add(&text, what);
    page_say(page, 2, &text);
}

static void say_cost(struct page *page, const struct lane *lane, const struct episode *episode)
{
    page_title(page, "Cost");
    for (size_t i = 0; i < lane->lines_count; i++)
        for (size_t k = 0; k < lane->lines[i]->shares_count; k++) {
            const struct placed_share *share = &lane->lines[i]->shares[k];
            if (share->episode == episode)
                say_line(page, lane->lines[i], share->cents,
                         share->covered ? BYTES(" (covered)") : BYTES_NULL);
        }
    add_cents(page, "cost", episode->cost);
    if (episode->covered)
        add_cents(page, "of it covered by the bundle price", episode->covered);
    if (episode->first_price)
        say_line(page, episode->first_price, episode->price, BYTES(" (the bundle price)"));
}

static void add_from(struct text *text, int32_t day, struct bytes state)
{
    TEXT_ADD(text, ", from ");
    text_add_day(text, day);
    TEXT_ADD(text, " ");
    text_add(text, state);
}

static void say_state(const struct explained *explained, struct page *page, const struct episode *episode)
{
    struct text text = page_text(page);
    page_title(page, "State");
    text_add(&text, state_names[episode->state]);
    TEXT_ADD(&text, " on ");
    text_add_day(&text, explained->as_of);
    TEXT_ADD(&text, ": OPEN to ");
    text_add_day(&text, episode->closes_on);
    if (episode->definition->run_out_days)
        add_from(&text, episode->closes_on + 1, state_names[STATE_RUN_OUT]);
    add_from(&text, episode->closes_on + episode->definition->run_out_days + 1, state_names[STATE_SETTLED]);
    page_say(page, 2, &text);
}

static void say_stop_loss(struct page *page, const struct episode *episode)
{
    struct text text = page_text(page);
    if (!episode->contract->has_stop_loss)
        return;
    TEXT_ADD(&text, "stop-loss limit ");
    text_add_euros(&text, episode_stop_loss_limit(episode));
    if (episode->cost <= episode_stop_loss_limit(episode)) {
        TEXT_ADD(&text, ": the cost is not above it");
    } else {
        TEXT_ADD(&text, ": of the cost above it the insurer bears ");
        text_add_permille(&text, episode->contract->stop_loss_insurer_permille);
        TEXT_ADD(&text, ", ");
        text_add_euros(&text, cents_subtract(episode->cost, episode->charged));
    }
    page_say(page, 2, &text);
}

static void say_result(struct page *page, const struct episode *episode)
{
    page_title(page, "Result");
    say_stop_loss(page, episode);
    add_cents(page, "charged", episode->charged);
    add_cents(page, "result (budget less charged)", episode->result);
    if (episode->has_projected)
        add_cents(page, "projected final cost", episode->projected);
}

static void say_measures(struct page *page, const struct episode *episode)
{
    if (episode->definition->measures_count == 0)
        return;
    page_title(page, "Measures");
    for (size_t i = 0; i < episode->definition->measures_count; i++) {
        struct text text = page_text(page);
        text_add(&text, episode->measures[i].name);
        TEXT_ADD(&text, ": ");
        if (episode->measures[i].value.known)
            text_add_number(&text, episode->measures[i].value.value);
        else
            TEXT_ADD(&text, "none");
        page_say(page, 2, &text);
    }
}

/* Lines that this bundle could have opened again with, and did not because this episode absorbs or suppresses
 * them. */
static void say_absorbed(const struct explained *explained, struct page *page, const struct episode *episode)
{
    bool any = false;
    for (size_t i = 0; i < explained->explanation.openers_count; i++) {
        const struct opener *opener = &explained->explanation.openers[i];
        if (opener->episode != episode || opener->condition == OPENING_OPENS)
            continue;
        if (!any)
            page_title(page, "Other lines that could have opened");
        any = true;
        struct text text = page_text(page);
        text_add_line(&text, opener->placed);
        TEXT_ADD(&text, ", ");
        text_add(&text, explained->options->book->bundles[opener->bundle_at].id);
        TEXT_ADD(&text, ": ");
        text_add_opener(&text, explained->options->book, opener);
        page_say(page, 2, &text);
    }
}

/* Of two that were sent one after the other, what is shown is the same: only the projection has moved. */
static bool shown_same(const struct episode_output *a, const struct episode_output *b)
{
    return a->state == b->state && a->opens_window == b->opens_window && a->closes_on == b->closes_on &&
           a->cost == b->cost && a->budget.known == b->budget.known && a->budget.value == b->budget.value;
}

static void say_sent(struct page *page, const struct episode_output *sent)
{
    struct text text = page_text(page);
    text_add_day(&text, sent->as_of);
    TEXT_ADD(&text, " revision ");
    text_add_number(&text, sent->revision);
    TEXT_ADD(&text, ", caused by ");
    text_add(&text, sent->cause);
    TEXT_ADD(&text, ": ");
    text_add(&text, state_names[sent->state]);
    TEXT_ADD(&text, ", ");
    text_add_day(&text, sent->opens_window);
    TEXT_ADD(&text, " to ");
    text_add_day(&text, sent->closes_on);
    TEXT_ADD(&text, ", cost ");
    text_add_euros(&text, sent->cost);
    if (sent->budget.known) {
        TEXT_ADD(&text, " of ");
        text_add_euros(&text, sent->budget.value);
    }
    page_say(page, 2, &text);
}

static void say_like_it(struct page *page, size_t count)
{
    struct text text = page_text(page);
    if (count == 0)
        return;
    TEXT_ADD(&text, "and ");
    text_add_number(&text, (int64_t)count);
    TEXT_ADD(&text, " more of that: lines, measures or the projection moved");
    page_say(page, 4, &text);
}

static void say_path(const struct explained *explained, struct page *page, int32_t insurer, struct bytes key)
{
    const struct episode_output *last = NULL;
    size_t like_it = 0;
    page_title(page, "What was sent");
    for (size_t i = 0; i < explained->outputs_count; i++) {
        const struct episode_output *sent = &explained->outputs[i].episode;
        if (explained->outputs[i].kind != OUTPUT_EPISODE || sent->insurer != insurer ||
            !bytes_equal(sent->episode, key))
            continue;
        if (last && shown_same(last, sent)) {
            like_it++;
            continue;
        }
        say_like_it(page, like_it);
        say_sent(page, sent);
        like_it = 0;
        last = sent;
    }
    say_like_it(page, like_it);
}

static void say_episode(const struct explained *explained, struct page *page, const struct lane *lane,
                        const struct episode *episode)
{
    struct text text = page_text(page);
    text_add(&text, episode->key);
    TEXT_ADD(&text, ": ");
    text_add(&text, episode->bundle->name);
    TEXT_ADD(&text, ", insurer ");
    text_add_number(&text, lane->insurer);
    page_say(page, 0, &text);
    say_opening(explained, page, episode);
    say_window(explained, page, episode);
    say_contract(page, explained->options->book, episode);
    if (episode->contract)
        say_budget(page, lane, episode);
    say_cost(page, lane, episode);
    say_state(explained, page, episode);
    if (episode->contract)
        say_result(page, episode);
    say_measures(page, episode);
    say_absorbed(explained, page, episode);
    explain_alerts(explained, page, episode->key, BYTES_NULL);
    say_path(explained, page, lane->insurer, episode->key);
}

/* --- an episode that is gone --- */

static void say_void(const struct explained *explained, struct page *page, const struct episode_output *sent)
{
    const struct placed *opening = explained_line(explained, sent->opening_declaration);
    struct text text = page_text(page);
    text_add(&text, sent->episode);
    if (sent->state == STATE_VOID) {
        TEXT_ADD(&text, ": VOID since ");
        text_add_day(&text, sent->as_of);
        TEXT_ADD(&text, ", caused by ");
        text_add(&text, sent->cause);
    } else {
        TEXT_ADD(&text, ": forgotten by now; it was sent last on ");
        text_add_day(&text, sent->as_of);
    }
    page_say(page, 0, &text);
    text = page_text(page);
    TEXT_ADD(&text, "it was opened by ");
    text_add_quoted(&text, sent->opening_declaration);
    if (opening) {
        TEXT_ADD(&text, ", which is ");
        text_add(&text, status_names[opening->status]);
        TEXT_ADD(&text, " now");
    }
    page_say(page, 2, &text);
    for (size_t i = 0; i < explained->explanation.openers_count; i++)
        if (explained->explanation.openers[i].placed == opening)
            explain_opener(explained, page, 2, &explained->explanation.openers[i]);
    say_path(explained, page, sent->insurer, sent->episode);
}

static size_t say_voids(const struct explained *explained, struct page *page)
{
    size_t count, found = 0;
    const struct output **episodes = explained_last(explained, &page->arena, OUTPUT_EPISODE, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(explained, page, episodes[i]->episode.insurer, episodes[i]->episode.episode))
            continue;
        if (found++)
            putchar('\n');
        say_void(explained, page, &episodes[i]->episode);
    }
    return found;
}

static void say_unknown(const struct explained *explained, struct page *page)
{
    size_t count;
    const struct output **episodes = explained_last(explained, &page->arena, OUTPUT_EPISODE, &count);
    struct bytes *names = ARENA_ARRAY(&page->arena, struct bytes, count);
    for (size_t i = 0; i < count; i++)
        names[i] = episodes[i]->episode.episode;
    explain_say_names("episode", explained->options->episode, names, count);
}

bool explain_episode(const struct explained *explained, struct page *page)
{
    size_t found = 0;
    for (size_t i = 0; i < explained->history.lanes_count; i++) {
        const struct lane *lane = &explained->history.lanes[i];
        for (size_t k = 0; k < lane->episodes_count; k++) {
            if (!is_wanted(explained, page, lane->insurer, lane->episodes[k]->key))
                continue;
            if (found++)
                putchar('\n');
            say_episode(explained, page, lane, lane->episodes[k]);
        }
    }
    if (found == 0)
        found = say_voids(explained, page);
    if (found == 0)
        say_unknown(explained, page);
    return found > 0;
}

/* --- why a bundle has no episode --- */

static const struct bundle *bundle_of(const struct book *book, struct bytes id, uint32_t *ret_at)
{
    for (size_t i = 0; i < book->bundles_count; i++)
        if (bytes_equal(book->bundles[i].id, id)) {
            *ret_at = (uint32_t)i;
            return &book->bundles[i];
        }
    return NULL;
}

static const struct opener *opener_by(const struct explained *explained, uint32_t bundle_at,
                                      const struct placed *placed)
{
    for (size_t i = 0; i < explained->explanation.openers_count; i++) {
        const struct opener *opener = &explained->explanation.openers[i];
        if (opener->bundle_at == bundle_at && opener->placed == placed)
            return opener;
    }
    return NULL;
}

static void say_not_standing(struct page *page, const struct placed *placed)
{
    struct text text = page_text(page);
    TEXT_ADD(&text, "it does not stand: it is ");
    text_add(&text, status_names[placed->status]);
    if (!bytes_is_null(placed->evidence)) {
        TEXT_ADD(&text, ", evidence ");
        text_add_quoted(&text, placed->evidence);
    }
    page_say(page, 4, &text);
}

static void say_why_not(const struct explained *explained, struct page *page, uint32_t bundle_at,
                        const struct placed *placed)
{
    const struct bundle *bundle = &explained->options->book->bundles[bundle_at];
    const struct opener *opener = opener_by(explained, bundle_at, placed);
    struct text text = page_text(page);
    text_add_line(&text, placed);
    TEXT_ADD(&text, ", insurer ");
    text_add_number(&text, placed_declaration(placed)->insurer);
    page_say(page, 2, &text);
    if (!placed->standing) {
        say_not_standing(page, placed);
    } else if (opener) {
        explain_opener(explained, page, 4, opener);
    } else {
        text = page_text(page);
        text_add_no_definition(&text, bundle, placed);
        page_say(page, 4, &text);
    }
}

/* By insurer and in care order as the rules asked them; then those that do not stand. */
static size_t say_lines(const struct explained *explained, struct page *page, uint32_t bundle_at)
{
    const struct bundle *bundle = &explained->options->book->bundles[bundle_at];
    const struct history *history = &explained->history;
    size_t count = 0;
    for (size_t i = 0; i < history->lanes_count; i++)
        for (size_t k = 0; k < history->lanes[i].lines_count; k++)
            if (bundle_may_open(bundle, history->lanes[i].lines[k]->line) && ++count)
                say_why_not(explained, page, bundle_at, history->lanes[i].lines[k]);
    for (size_t i = 0; i < history->lines_count; i++)
        if (!history->lines[i].standing && placed_declaration(&history->lines[i])->kind == KIND_DEBIT &&
            bundle_may_open(bundle, history->lines[i].line) && ++count)
            say_why_not(explained, page, bundle_at, &history->lines[i]);
    return count;
}

static bool has_same_opener_before(const struct bundle *bundle, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (bundle->definitions[i].opens_criterion == bundle->definitions[at].opens_criterion)
            return true;
    return false;
}

static void say_none(const struct explained *explained, struct page *page, const struct bundle *bundle)
{
    struct text text = page_text(page);
    TEXT_ADD(&text, "a: none of the person's lines is accepted by opens.criterion: ");
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        if (has_same_opener_before(bundle, i))
            continue;
        if (i > 0)
            TEXT_ADD(&text, ", ");
        text_add_quoted(&text,
                        explained->options->book->criteria[bundle->definitions[i].opens_criterion].name);
    }
    page_say(page, 2, &text);
}

bool explain_why_not(const struct explained *explained, struct page *page)
{
    const struct book *book = explained->options->book;
    uint32_t bundle_at = 0;
    const struct bundle *bundle = bundle_of(book, explained->options->why_not, &bundle_at);
    if (!bundle) {
        struct bytes *names = ARENA_ARRAY(&page->arena, struct bytes, book->bundles_count);
        for (size_t i = 0; i < book->bundles_count; i++)
            names[i] = book->bundles[i].id;
        explain_say_names("bundle", explained->options->why_not, names, book->bundles_count);
        return false;
    }
    struct text text = page_text(page);
    text_add(&text, bundle->id);
    TEXT_ADD(&text, ": the lines that could open it, and for each the first condition that failed");
    page_say(page, 0, &text);
    if (say_lines(explained, page, bundle_at) == 0)
        say_none(explained, page, bundle);
    putchar('\n');
    say(page, 0,
        BYTES("Asked in this order: a criterion and definition, b age, c absorbed, d suppressed, h fresh, e "
              "confirmed,"
              " f contracted, g excluded"));
    return true;
}
