#include "engine/contract.h"

#include "engine/provider.h"

static bool names_code(const struct contract *contract, struct bytes code)
{
    for (size_t i = 0; i < contract->providers_count; i++)
        if (bytes_equal(contract->providers[i], code))
            return true;
    return false;
}

bool contract_names(const struct book *book, const struct contract *contract, struct bytes provider)
{
    if (contract->providers_count == 0 || names_code(contract, provider))
        return true;
    for (size_t i = 0; i < contract->providers_count && book->successors_count > 0; i++)
        if (same_provider(book, contract->providers[i], provider))
            return true;
    return false;
}

static bool contract_insures(const struct contract *contract, int32_t insurer)
{
    for (size_t i = 0; i < contract->insurers_count; i++)
        if (contract->insurers[i] == insurer)
            return true;
    return contract->insurers_count == 0;
}

/* The first that does not hold, but for the providers. */
static enum contract_condition condition_of_others(const struct contract *contract, uint32_t bundle,
                                                   int32_t insurer, int32_t opened_on)
{
    if ((uint32_t)contract->bundle != bundle)
        return CONTRACT_OF_ANOTHER_BUNDLE;
    if (opened_on < contract->from || opened_on > contract->until)
        return CONTRACT_NOT_IN_FORCE;
    return contract_insures(contract, insurer) ? CONTRACT_FITS : CONTRACT_OF_OTHER_INSURERS;
}

/* A contract of the bundle, insurer and date names this very code. */
static bool code_is_named(const struct book *book, uint32_t bundle, int32_t insurer, struct bytes code,
                          int32_t opened_on)
{
    for (size_t i = 0; i < book->contracts_count; i++)
        if (condition_of_others(&book->contracts[i], bundle, insurer, opened_on) == CONTRACT_FITS &&
            names_code(&book->contracts[i], code))
            return true;
    return false;
}

bool contract_lists(const struct book *book, const struct contract *contract, struct bytes provider,
                    int32_t insurer, int32_t opened_on)
{
    if (contract->providers_count == 0 || names_code(contract, provider))
        return true;
    return book->successors_count > 0 && contract_names(book, contract, provider) &&
           !code_is_named(book, (uint32_t)contract->bundle, insurer, provider, opened_on);
}

enum contract_condition contract_condition(const struct book *book, const struct contract *contract,
                                           uint32_t bundle, int32_t insurer, struct bytes provider,
                                           int32_t opened_on)
{
    enum contract_condition condition = condition_of_others(contract, bundle, insurer, opened_on);
    if (condition == CONTRACT_FITS && !contract_lists(book, contract, provider, insurer, opened_on))
        return CONTRACT_OF_OTHER_PROVIDERS;
    return condition;
}

const struct contract *contract_that_fits(const struct book *book, uint32_t bundle, int32_t insurer,
                                          struct bytes provider, int32_t opened_on)
{
    for (size_t i = 0; i < book->contracts_count; i++) {
        const struct contract *contract = &book->contracts[i];
        if (contract_condition(book, contract, bundle, insurer, provider, opened_on) == CONTRACT_FITS)
            return contract;
    }
    return NULL;
}
