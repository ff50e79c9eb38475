/* book_odd.c - what is merely odd: a warning, for whoever asks `bundelwacht check`. Asked of a book that is
 * right. */
#include "book/book_parts.h"
#include "engine/clause.h"
#include "engine/contract.h"

#include "base/limits.h"

/* --- how much is looked at --- */

static size_t weight_of(const struct clause *clauses, size_t count)
{
    size_t weight = count;
    for (size_t i = 0; i < count; i++)
        weight += clauses[i].care_code.count + clauses[i].subtype.count + clauses[i].specialism.count +
                  clauses[i].provider.count + clauses[i].referrer.count + clauses[i].diagnosis.count;
    return weight;
}

/* --- criteria --- */

static void warn_clauses(struct reading *reading, size_t at)
{
    const struct criterion *criterion = &reading->book->criteria[at];
    char name[QUOTED_BYTES];
    for (size_t i = 1; i < criterion->clauses_count; i++)
        for (size_t j = 0; j < i && may_compare(reading, 1, weight_of(&criterion->clauses[i], 1)); j++) {
            if (!clause_covers(&criterion->clauses[j], &criterion->clauses[i]))
                continue;
            yaml_report(&reading->document, &reading->criterion_clauses[at]->items[i], FINDING_UNREACHABLE,
                        "clause %zu of %s accepts nothing that clause %zu does not", i + 1,
                        quoted(criterion->name, name), j + 1);
            break;
        }
}

/* A field that every line has, and a * that stands for all of it: no condition. */
static void warn_star_alone(struct reading *reading, const struct yaml_node *clause,
                            const struct patterns *patterns, const char *field)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (patterns->items[i].prefix && patterns->items[i].text.length == 0) {
            yaml_report(&reading->document, clause, FINDING_STAR_ALONE,
                        "the %s \"*\" accepts every line, since each has one", field);
            return;
        }
}

/* With its *, which stands behind the text in the document. */
static struct bytes pattern_written(const struct pattern *pattern)
{
    return (struct bytes){ pattern->text.data, pattern->text.length + pattern->prefix };
}

/* What reading has left out of the lists of this clause. */
static void warn_needless(struct reading *reading, const struct yaml_node *clause)
{
    char one[QUOTED_BYTES], other[QUOTED_BYTES];
    for (const struct needless *at; (at = reading->needless) && at->clause == clause;
         reading->needless = at->next)
        yaml_report(&reading->document, clause, FINDING_LISTED_TWICE, "the %s %s is needless beside %s",
                    at->field, quoted(pattern_written(&at->pattern), one),
                    quoted(pattern_written(&at->beside), other));
}

static void warn_clause(struct reading *reading, const struct yaml_node *node, const struct clause *clause)
{
    warn_star_alone(reading, node, &clause->care_code, "care_code");
    warn_star_alone(reading, node, &clause->provider, "provider");
    warn_needless(reading, node);
}

static void warn_criteria(struct reading *reading)
{
    char name[QUOTED_BYTES];
    for (size_t i = 0; i < reading->book->criteria_count; i++) {
        warn_clauses(reading, i);
        for (size_t k = 0; k < reading->book->criteria[i].clauses_count; k++)
            warn_clause(reading, &reading->criterion_clauses[i]->items[k],
                        &reading->book->criteria[i].clauses[k]);
        if (!reading->criterion_used[i])
            yaml_report(&reading->document, reading->criterion_places[i], FINDING_UNUSED,
                        "nothing uses the criterion %s", quoted(reading->book->criteria[i].name, name));
    }
}

/* The first rule that accepts a line governs it (§4). */
static void warn_duplicates(struct reading *reading)
{
    const struct book *book = reading->book;
    char name[QUOTED_BYTES], before[QUOTED_BYTES];
    for (size_t i = 1; i < book->duplicates_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct criterion *late = &book->criteria[book->duplicates[i].criterion],
                                   *early = &book->criteria[book->duplicates[j].criterion];
            if (!may_compare(reading, early->clauses_count, weight_of(late->clauses, late->clauses_count)))
                return;
            if (!criterion_covers(early, late->clauses, late->clauses_count))
                continue;
            yaml_report(&reading->document, &reading->duplicates->items[i], FINDING_UNREACHABLE,
                        "no line reaches the rule %s: %s has them all",
                        quoted(book->duplicates[i].name, name), quoted(book->duplicates[j].name, before));
            break;
        }
}

/* On the day of a transfer a person has two stays. */
static void warn_transfers(struct reading *reading)
{
    const struct clause stays = { .care_types = 1u << CARE_SHORT_STAY, .amount_at_least = ABSENT };
    const struct book *book = reading->book;
    char name[QUOTED_BYTES];
    for (size_t i = 0; i < book->duplicates_count; i++) {
        const struct duplicate_rule *rule = &book->duplicates[i];
        const struct criterion *criterion = &book->criteria[rule->criterion];
        bool meets = false;
        for (size_t k = 0; k < criterion->clauses_count; k++)
            meets = meets || clauses_meet(&criterion->clauses[k], &stays);
        if (rule->same == SAME_OVERLAP && rule->overlap_days < 2 && meets)
            yaml_report(&reading->document, &reading->duplicates->items[i], FINDING_TRANSFER,
                        "the rule %s is about stays, and the day of a transfer is an overlap to it",
                        quoted(rule->name, name));
    }
}

/* --- definitions --- */

/* A clause of the opening criterion that no clause of the scope can meet, or that the scope excludes. */
static void warn_opener_outside(struct reading *reading, const struct definition *definition,
                                const struct definition_place *place)
{
    const struct book *book = reading->book;
    const struct criterion *opens = &book->criteria[definition->opens_criterion];
    const struct criterion *scope = &book->criteria[definition->scope_include];
    size_t weight =
        weight_of(scope->clauses, scope->clauses_count) +
        (definition->scope_exclude == ABSENT ? 0 : book->criteria[definition->scope_exclude].clauses_count);
    for (size_t i = 0;
         i < opens->clauses_count && may_compare(reading, weight, weight_of(&opens->clauses[i], 1)); i++) {
        bool excluded = definition->scope_exclude != ABSENT &&
                        criterion_covers(&book->criteria[definition->scope_exclude], &opens->clauses[i], 1);
        if (scope_can_meet(book, definition, &opens->clauses[i], 1) && !excluded)
            continue;
        yaml_report(&reading->document, place->opens_criterion, FINDING_OPENER_OUTSIDE,
                    "clause %zu of the opening criterion is outside of the scope: the opening line's cost is "
                    "not in the episode",
                    i + 1);
        return;
    }
}

static void warn_look_back(struct reading *reading, const struct yaml_node *node, int32_t days,
                           const char *what)
{
    if (node && days > reading->book->horizon_days)
        yaml_report(&reading->document, node, FINDING_LOOK_BACK, "%s %d is longer than horizon_days %d", what,
                    days, reading->book->horizon_days);
}

/* The last day that an episode can have, counted from its opening. */
static int32_t longest_window(const struct definition *definition)
{
    return definition->extend_criterion == ABSENT ? definition->after_days : definition->extend_max_days;
}

static void warn_window(struct reading *reading, const struct definition *definition,
                        const struct definition_place *place)
{
    struct yaml_document *document = &reading->document;
    char name[QUOTED_BYTES];
    int32_t longest = longest_window(definition);
    if (definition->extend_criterion != ABSENT &&
        (definition->extend_after_days == 0 || longest == definition->after_days))
        yaml_report(document, place->extend, FINDING_NEVER_APPLIES, "extend can never move closes_on");
    for (size_t i = 0; i < definition->ends_count; i++)
        if (definition->ends[i].after_days >= longest)
            yaml_report(document, &place->ends->items[i], FINDING_NEVER_APPLIES,
                        "the end %s can never come before closes_on", quoted(definition->ends[i].name, name));
    for (size_t i = 0; i < definition->excludes_count; i++) {
        const struct exclude_entry *exclude = &definition->excludes[i];
        if (exclude->truncate && (exclude->to_day < 0 || exclude->from_day > longest))
            yaml_report(document, &place->excludes->items[i], FINDING_NEVER_APPLIES,
                        "no day of %s is in a window", quoted(exclude->name, name));
    }
    for (size_t i = 0; i < definition->expects_count; i++)
        if (definition->expects[i].by_day > longest)
            yaml_report(document, &place->expects->items[i], FINDING_NEVER_APPLIES,
                        "no window is long enough to miss %s", quoted(definition->expects[i].name, name));
}

/* Also when enough has been compared: then nobody is warned. */
static bool in_scope(struct reading *reading, const struct definition *definition, int32_t criterion)
{
    const struct criterion *scope = &reading->book->criteria[definition->scope_include],
                           *asked = &reading->book->criteria[criterion];
    return !may_compare(reading, weight_of(scope->clauses, scope->clauses_count), asked->clauses_count) ||
           scope_can_meet(reading->book, definition, asked->clauses, asked->clauses_count);
}

static void warn_scope(struct reading *reading, const struct definition *definition,
                       const struct definition_place *place)
{
    const struct book *book = reading->book;
    char name[QUOTED_BYTES];
    if (definition->scope_exclude != ABSENT && !in_scope(reading, definition, definition->scope_exclude))
        yaml_report(&reading->document, place->scope_exclude, FINDING_OUTSIDE_SCOPE,
                    "exclude accepts nothing that is in the scope");
    for (int type = 0; type < CARE_TYPE_COUNT; type++) {
        struct clause clause = { .care_types = definition->scope_prorate & 1u << type,
                                 .amount_at_least = ABSENT };
        if (clause.care_types != 0 &&
            may_compare(reading, book->criteria[definition->scope_include].clauses_count, 1) &&
            !scope_can_meet(book, definition, &clause, 1))
            yaml_report(&reading->document, place->scope_prorate, FINDING_OUTSIDE_SCOPE,
                        "no line of care type %.*s is in the scope", BYTES_ARGS(care_type_names[type]));
    }
    for (size_t i = 0; i < definition->measures_count; i++)
        if (definition->measures[i].take != TAKE_FIRST_DAY &&
            !in_scope(reading, definition, definition->measures[i].criterion))
            yaml_report(&reading->document, &place->measures->items[i], FINDING_OUTSIDE_SCOPE,
                        "no line that %s counts is in the scope", quoted(definition->measures[i].name, name));
}

static void warn_definition(struct reading *reading, const struct definition *definition,
                            const struct definition_place *place)
{
    warn_look_back(reading, place->look_back_days, definition->look_back_days, "look_back_days");
    warn_look_back(reading, place->quiet_days, definition->quiet_days, "quiet_days");
    warn_opener_outside(reading, definition, place);
    warn_window(reading, definition, place);
    warn_scope(reading, definition, place);
}

/* --- contracts --- */

static bool dates_meet(const struct contract *contract, const struct definition *definition)
{
    return definition->from <= contract->until && contract->from <= definition->until;
}

static bool code_can_meet(const struct criterion *criterion, struct bytes code)
{
    struct pattern listed = { .text = code };
    struct clause clause = { .provider = { .items = &listed, .count = 1 }, .amount_at_least = ABSENT };
    for (size_t i = 0; i < criterion->clauses_count; i++)
        if (clauses_meet(&clause, &criterion->clauses[i]))
            return true;
    return false;
}

/* Some line that the criterion accepts can be of a provider of the contract, under one of its codes. */
static bool provider_can_meet(struct reading *reading, const struct contract *contract, int32_t criterion)
{
    const struct book *book = reading->book;
    if (criterion == ABSENT)
        return false;
    if (!may_compare(reading, contract->providers_count + book->successors_count,
                     book->criteria[criterion].clauses_count + contract->providers_count))
        return true;
    for (size_t p = 0; p < contract->providers_count; p++)
        if (code_can_meet(&book->criteria[criterion], contract->providers[p]))
            return true;
    for (size_t i = 0; i < book->successors_count; i++)
        if (contract_names(book, contract, book->successors[i].code) &&
            code_can_meet(&book->criteria[criterion], book->successors[i].code))
            return true;
    return contract->providers_count == 0;
}

static void warn_no_opening(struct reading *reading, size_t at)
{
    const struct book *book = reading->book;
    const struct contract *contract = &book->contracts[at];
    const struct bundle *bundle = &book->bundles[contract->bundle];
    char id[QUOTED_BYTES], bundle_id[QUOTED_BYTES];
    bool any_date = false, any_provider = false;
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *definition = &bundle->definitions[i];
        if (!dates_meet(contract, definition))
            continue;
        any_date = true;
        any_provider = any_provider || provider_can_meet(reading, contract, definition->opens_criterion) ||
                       provider_can_meet(reading, contract, definition->attribute.criterion);
    }
    if (any_date && any_provider)
        return;
    yaml_report(&reading->document, reading->contract_places[at].node, FINDING_NO_OPENING,
                any_date ? "no opening can have contract %s: nothing that opens %s is of its providers"
                         : "no opening can have contract %s: no definition of %s holds on its dates",
                quoted(contract->id, id), quoted(bundle->id, bundle_id));
}

static bool stratum_reached(const struct book *book, const struct contract *contract,
                            const struct stratum *stratum)
{
    const struct bundle *bundle = &book->bundles[contract->bundle];
    bool any = false;
    for (size_t i = 0; i < bundle->definitions_count; i++) {
        const struct definition *definition = &bundle->definitions[i];
        any = any || dates_meet(contract, definition);
        if (dates_meet(contract, definition) && definition->min_age <= stratum->max_age &&
            stratum->min_age <= definition->max_age)
            return true;
    }
    return !any; /* said already: no opening can have the contract */
}

/* The first stratum that holds is taken (§8). */
static void warn_strata(struct reading *reading, size_t at)
{
    const struct contract *contract = &reading->book->contracts[at];
    char label[QUOTED_BYTES];
    for (size_t i = 0; i < contract->strata_count; i++) {
        const struct yaml_node *node = &reading->contract_places[at].strata->items[i];
        struct contract before = *contract;
        before.strata_count = i;
        if (!may_compare(reading, contract->strata_count, 1))
            return;
        struct definition ages = { .min_age = contract->strata[i].min_age,
                                   .max_age = contract->strata[i].max_age };
        if (i > 0 && age_left_out(&before, &ages) == ABSENT)
            yaml_report(&reading->document, node, FINDING_UNREACHABLE,
                        "no age reaches the stratum %s: earlier ones have all of its ages",
                        quoted(contract->strata[i].label, label));
        else if (!stratum_reached(reading->book, contract, &contract->strata[i]))
            yaml_report(&reading->document, node, FINDING_STRATUM_OUTSIDE,
                        "the bundle admits no age of the stratum %s",
                        quoted(contract->strata[i].label, label));
    }
}

static void warn_price_in_scope(struct reading *reading, size_t at)
{
    const struct book *book = reading->book;
    char id[QUOTED_BYTES];
    int32_t price = book->contracts[at].price_criterion;
    for (size_t b = 0; price != ABSENT && b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++) {
            if (reading->compared > COMPARED_MAX ||
                !in_scope(reading, &book->bundles[b].definitions[d], price))
                continue;
            yaml_report(&reading->document, reading->contract_places[at].price_criterion,
                        FINDING_PRICE_IN_SCOPE,
                        "what the price_criterion accepts may be in the scope of %s too",
                        quoted(book->bundles[b].id, id));
            return;
        }
}

static void warn_contract(struct reading *reading, size_t at)
{
    const struct contract *contract = &reading->book->contracts[at];
    warn_no_opening(reading, at);
    warn_strata(reading, at);
    warn_price_in_scope(reading, at);
    for (size_t i = 0; i < contract->factors_count; i++)
        warn_look_back(reading, &reading->contract_places[at].factors->items[i],
                       contract->factors[i].look_back_days, "look_back_days of a factor,");
}

void warn_book(struct reading *reading)
{
    const struct book *book = reading->book;
    warn_criteria(reading);
    for (size_t b = 0; b < book->bundles_count; b++)
        for (size_t d = 0; d < book->bundles[b].definitions_count; d++)
            warn_definition(reading, &book->bundles[b].definitions[d],
                            &reading->bundle_places[b].definitions[d]);
    for (size_t i = 0; i < book->contracts_count; i++)
        warn_contract(reading, i);
    warn_duplicates(reading);
    warn_transfers(reading);
    warn_ends_care(reading);
    if (reading->compared > COMPARED_MAX)
        yaml_report(&reading->document, NULL, FINDING_NOT_ALL_LOOKED_AT,
                    "the book is too large to look for all that is odd");
}
