/* book_contracts.c - contracts, their strata, factors, thresholds and stop-loss (§8). */
#include "book/book_parts.h"

#include "base/limits.h"
#include "engine/outputs.h"

enum { DAYS_MAX = 3660, AGE_MAX = 150, PERMILLE_MAX = 1000000, VERSION_MAX = 1000000000 };
enum { BUDGET_PERMILLE = 1000, THRESHOLD_PERMILLE_LEAST = 201 };

struct contract_keys {
    const struct yaml_node *id, *version, *bundle, *insurers, *providers, *contractor, *from, *until,
        *payment, *loose, *price_criterion, *price_by_days, *budget, *thresholds, *projection_margin,
        *outlier_permille, *stop_loss;
};
static const struct yaml_key contract_keys[] = {
    YAML_NEEDS(contract_keys, id),
    YAML_NEEDS(contract_keys, version),
    YAML_NEEDS(contract_keys, bundle),
    YAML_MAY(contract_keys, insurers),
    YAML_MAY(contract_keys, providers),
    YAML_MAY(contract_keys, contractor),
    YAML_NEEDS(contract_keys, from),
    YAML_NEEDS(contract_keys, until),
    YAML_NEEDS(contract_keys, payment),
    YAML_MAY(contract_keys, loose),
    YAML_MAY(contract_keys, price_criterion),
    YAML_MAY(contract_keys, price_by_days),
    YAML_NEEDS(contract_keys, budget),
    YAML_MAY(contract_keys, thresholds),
    YAML_MAY(contract_keys, projection_margin),
    YAML_MAY(contract_keys, outlier_permille),
    YAML_MAY(contract_keys, stop_loss),
};
struct budget_keys {
    const struct yaml_node *strata, *factors;
};
static const struct yaml_key budget_keys[] = { YAML_NEEDS(budget_keys, strata),
                                               YAML_MAY(budget_keys, factors) };
struct stratum_keys {
    const struct yaml_node *label, *min_age, *max_age, *amount;
};
static const struct yaml_key stratum_keys[] = {
    YAML_NEEDS(stratum_keys, label),
    YAML_MAY(stratum_keys, min_age),
    YAML_MAY(stratum_keys, max_age),
    YAML_NEEDS(stratum_keys, amount),
};
struct factor_keys {
    const struct yaml_node *label, *criterion, *permille, *add, *look_back_days;
};
static const struct yaml_key factor_keys[] = {
    YAML_NEEDS(factor_keys, label), YAML_NEEDS(factor_keys, criterion),    YAML_MAY(factor_keys, permille),
    YAML_MAY(factor_keys, add),     YAML_MAY(factor_keys, look_back_days),
};
struct threshold_keys {
    const struct yaml_node *permille, *severity;
};
static const struct yaml_key threshold_keys[] = { YAML_NEEDS(threshold_keys, permille),
                                                  YAML_NEEDS(threshold_keys, severity) };
struct stop_loss_keys {
    const struct yaml_node *permille, *amount, *insurer_permille;
};
static const struct yaml_key stop_loss_keys[] = {
    YAML_MAY(stop_loss_keys, permille),
    YAML_MAY(stop_loss_keys, amount),
    YAML_NEEDS(stop_loss_keys, insurer_permille),
};

static int compare_insurers(const void *a, const void *b)
{
    const int32_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static int compare_providers(const void *a, const void *b)
{
    const struct bytes *left = a, *right = b;
    return bytes_compare(*left, *right);
}

/* A list that narrows: absent is all, so empty would be too, and is refused. */
static size_t narrowing_list(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, PATTERNS_MAX))
        return 0;
    if (node->count == 0)
        yaml_report(&reading->document, node, FINDING_EMPTY,
                    "the list %.*s is empty; without the key it is all", BYTES_ARGS(node->key));
    return node->count;
}

/* Insurers and providers are sorted: whether two lists meet is then one walk. */
static void read_insurers(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    size_t count = narrowing_list(reading, node);
    int32_t *insurers = ARENA_ARRAY(reading->document.arena, int32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        insurers[i] =
            (int32_t)yaml_whole(&reading->document, &node->items[i], INSURER_MIN, INSURER_MAX, ABSENT);
    qsort(insurers, count, sizeof(*insurers), compare_insurers);
    for (size_t i = 1; i < count; i++)
        if (insurers[i] == insurers[i - 1] && insurers[i] != ABSENT)
            yaml_report(&reading->document, node, FINDING_LISTED_TWICE, "the insurer %d is listed twice",
                        insurers[i]);
    contract->insurers = insurers;
    contract->insurers_count = count;
}

static void read_providers(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    char text[QUOTED_BYTES];
    size_t count = narrowing_list(reading, node);
    struct bytes *providers = ARENA_ARRAY(reading->document.arena, struct bytes, count + 1);
    for (size_t i = 0; i < count; i++)
        providers[i] = read_agb(reading, &node->items[i]);
    qsort(providers, count, sizeof(*providers), compare_providers);
    for (size_t i = 1; i < count; i++)
        if (bytes_equal(providers[i], providers[i - 1]) && !bytes_is_null(providers[i]))
            yaml_report(&reading->document, node, FINDING_LISTED_TWICE, "the provider %s is listed twice",
                        quoted(providers[i], text));
    contract->providers = providers;
    contract->providers_count = count;
}

static void read_strata(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    if (!yaml_is_list(&reading->document, node, ENTRIES_MAX))
        return;
    if (node->count == 0)
        yaml_report(&reading->document, node, FINDING_EMPTY, "the list strata is empty");
    struct stratum *strata = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*strata));
    struct bytes *labels = ARENA_ARRAY(reading->document.arena, struct bytes, node->count + 1);
    for (size_t i = 0; i < node->count; i++) {
        struct stratum_keys keys;
        yaml_keys(&reading->document, &node->items[i], "a stratum", stratum_keys, COUNT(stratum_keys), &keys);
        strata[i].label = labels[i] = read_name(reading, keys.label);
        check_twice(reading, keys.label, labels, i, "the stratum");
        strata[i].min_age = (int32_t)yaml_whole(&reading->document, keys.min_age, 0, AGE_MAX, 0);
        strata[i].max_age = (int32_t)yaml_whole(&reading->document, keys.max_age, 0, AGE_MAX, AGE_UNBOUNDED);
        check_order(reading, keys.min_age, strata[i].min_age, strata[i].max_age, "min_age and max_age");
        strata[i].amount = yaml_cents(&reading->document, keys.amount, AMOUNT_CENTS_MAX, 0);
    }
    contract->strata = strata;
    contract->strata_count = node->count;
}

static void read_factors(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    if (!yaml_is_list(&reading->document, node, ENTRIES_MAX))
        return;
    struct factor *factors = arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*factors));
    struct bytes *labels = ARENA_ARRAY(reading->document.arena, struct bytes, node->count + 1);
    for (size_t i = 0; i < node->count; i++) {
        struct factor_keys keys;
        bool map = yaml_keys(&reading->document, &node->items[i], "a factor", factor_keys, COUNT(factor_keys),
                             &keys);
        factors[i].label = labels[i] = read_name(reading, keys.label);
        check_twice(reading, keys.label, labels, i, "the factor");
        factors[i].criterion = read_criterion_use(reading, keys.criterion);
        factors[i].look_back_days =
            (int32_t)yaml_whole(&reading->document, keys.look_back_days, 0, DAYS_MAX, ABSENT);
        factors[i].add = yaml_cents(&reading->document, keys.add, AMOUNT_CENTS_MAX, 0);
        factors[i].permille = yaml_whole(&reading->document, keys.permille, 0, PERMILLE_MAX, 0);
        if (map && !keys.add && !keys.permille)
            yaml_report(&reading->document, &node->items[i], FINDING_FACTOR,
                        "a factor needs permille, add or both");
    }
    contract->factors = factors;
    contract->factors_count = node->count;
}

/* Per mille of the budget, where so little was hardly meant. 0 says so itself. */
static int64_t read_permille_of_budget(struct reading *reading, const struct yaml_node *node, int64_t below)
{
    int64_t permille = yaml_whole(&reading->document, node, 0, PERMILLE_MAX, ABSENT);
    if (permille > 0 && permille < below)
        yaml_report(&reading->document, node, FINDING_PER_CENT,
                    "%lld per mille is %lld.%lld %% of the budget: a per cent?", (long long)permille,
                    (long long)permille / 10, (long long)permille % 10);
    return permille;
}

static void read_thresholds(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    /* enum severity */
    static const struct bytes severities[] = { BYTES("info"), BYTES("warning"), BYTES("critical") };
    _Static_assert(SEVERITY_INFO == 0 && SEVERITY_WARNING == 1 && SEVERITY_CRITICAL == 2,
                   "the words stand in the order of the enum");
    if (!yaml_is_list(&reading->document, node, ENTRIES_MAX))
        return;
    struct threshold *thresholds =
        arena_zeroed(reading->document.arena, (node->count + 1) * sizeof(*thresholds));
    for (size_t i = 0; i < node->count; i++) {
        struct threshold_keys keys;
        yaml_keys(&reading->document, &node->items[i], "a threshold", threshold_keys, COUNT(threshold_keys),
                  &keys);
        thresholds[i].permille =
            (int32_t)read_permille_of_budget(reading, keys.permille, THRESHOLD_PERMILLE_LEAST);
        thresholds[i].severity =
            (uint8_t)yaml_word(&reading->document, keys.severity, severities, COUNT(severities), 0);
        for (size_t before = 0; before < i; before++)
            if (thresholds[before].permille == thresholds[i].permille && thresholds[i].permille != ABSENT)
                yaml_report(&reading->document, keys.permille, FINDING_THRESHOLDS_EQUAL,
                            "two thresholds are %d per mille", thresholds[i].permille);
    }
    contract->thresholds = thresholds;
    contract->thresholds_count = node->count;
}

static void read_stop_loss(struct reading *reading, const struct yaml_node *node, struct contract *contract)
{
    struct stop_loss_keys keys;
    contract->stop_loss_permille = contract->stop_loss_amount = ABSENT;
    if (!yaml_keys(&reading->document, node, "stop_loss", stop_loss_keys, COUNT(stop_loss_keys), &keys))
        return;
    if ((keys.permille != NULL) == (keys.amount != NULL))
        yaml_report(&reading->document, node, FINDING_STOP_LOSS,
                    "stop_loss needs either permille or amount%s", keys.permille ? ", not both" : "");
    contract->has_stop_loss = true;
    contract->stop_loss_permille = read_permille_of_budget(reading, keys.permille, BUDGET_PERMILLE);
    contract->stop_loss_amount = yaml_cents(&reading->document, keys.amount, AMOUNT_CENTS_MAX, ABSENT);
    contract->stop_loss_insurer_permille =
        (int32_t)yaml_whole(&reading->document, keys.insurer_permille, 0, 1000, 0);
}

static void read_payment(struct reading *reading, const struct contract_keys *keys, struct contract *contract)
{
    static const struct bytes payments[] = { BYTES("prospective"), BYTES("retrospective") },
                              looses[] = { BYTES("registration"), BYTES("refused") };
    int payment = yaml_word(&reading->document, keys->payment, payments, COUNT(payments), ABSENT);
    contract->prospective = payment == 0;
    contract->loose_refused = yaml_word(&reading->document, keys->loose, looses, COUNT(looses), 0) == 1;
    contract->price_criterion = read_criterion_use(reading, keys->price_criterion);
    contract->price_by_days =
        (int32_t)yaml_whole(&reading->document, keys->price_by_days, 0, DAYS_MAX, ABSENT);
    if (payment == 0 && !keys->price_criterion)
        yaml_report(&reading->document, keys->payment, FINDING_NO_PRICE,
                    "a prospective contract without price_criterion: nothing says that a price was paid");
    if (payment == 1 && keys->price_criterion)
        yaml_report(&reading->document, keys->price_criterion, FINDING_PRICE_RETROSPECTIVE,
                    "a retrospective contract has no price_criterion");
    if (payment == 1 && keys->loose)
        yaml_report(&reading->document, keys->loose, FINDING_PRICE_RETROSPECTIVE,
                    "a retrospective contract has no loose lines");
    if (keys->price_by_days && !keys->price_criterion)
        yaml_report(&reading->document, keys->price_by_days, FINDING_PRICE_BY_DAYS,
                    "price_by_days stands without price_criterion");
}

static void read_contract(struct reading *reading, const struct yaml_node *node, struct contract *contract,
                          struct contract_place *place, struct bytes *ids, size_t at)
{
    struct contract_keys keys;
    struct budget_keys budget;
    yaml_keys(&reading->document, node, "a contract", contract_keys, COUNT(contract_keys), &keys);
    yaml_keys(&reading->document, keys.budget, "budget", budget_keys, COUNT(budget_keys), &budget);
    *place = (struct contract_place){ node, budget.strata, budget.factors, keys.price_criterion };
    contract->id = ids[at] = read_id(reading, keys.id);
    check_twice(reading, keys.id, ids, at, "the contract");
    contract->version = (int32_t)yaml_whole(&reading->document, keys.version, 1, VERSION_MAX, 1);
    contract->bundle = read_bundle_use(reading, keys.bundle);
    read_insurers(reading, keys.insurers, contract);
    read_providers(reading, keys.providers, contract);
    contract->contractor = read_agb(reading, keys.contractor);
    int32_t errors = reading->document.errors_count;
    contract->from = yaml_day(&reading->document, keys.from, 0);
    contract->until = yaml_day(&reading->document, keys.until, 0);
    if (keys.from && keys.until && errors == reading->document.errors_count)
        check_order(reading, keys.from, contract->from, contract->until, "from and until");
    read_payment(reading, &keys, contract);
    read_strata(reading, budget.strata, contract);
    read_factors(reading, budget.factors, contract);
    read_thresholds(reading, keys.thresholds, contract);
    contract->projection_margin =
        (int32_t)yaml_whole(&reading->document, keys.projection_margin, 0, PERMILLE_MAX, 0);
    contract->outlier_permille =
        read_permille_of_budget(reading, keys.outlier_permille, BUDGET_PERMILLE);
    read_stop_loss(reading, keys.stop_loss, contract);
}

void read_contracts(struct reading *reading, const struct yaml_node *node)
{
    if (!yaml_is_list(&reading->document, node, CONTRACTS_MAX))
        return;
    struct arena *arena = reading->document.arena;
    struct contract *contracts = arena_zeroed(arena, (node->count + 1) * sizeof(*contracts));
    struct bytes *ids = ARENA_ARRAY(arena, struct bytes, node->count + 1);
    reading->contract_places = arena_zeroed(arena, (node->count + 1) * sizeof(*reading->contract_places));
    for (size_t i = 0; i < node->count; i++)
        read_contract(reading, &node->items[i], &contracts[i], &reading->contract_places[i], ids, i);
    reading->book->contracts = contracts;
    reading->book->contracts_count = node->count;
}
