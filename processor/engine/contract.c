#include "engine/contract.h"

bool contract_lists(const struct contract *contract, struct bytes provider)
{
    for (size_t i = 0; i < contract->providers_count; i++)
        if (bytes_equal(contract->providers[i], provider))
            return true;
    return contract->providers_count == 0;
}

static bool contract_insures(const struct contract *contract, int32_t insurer)
{
    for (size_t i = 0; i < contract->insurers_count; i++)
        if (contract->insurers[i] == insurer)
            return true;
    return contract->insurers_count == 0;
}

enum contract_condition contract_condition(const struct contract *contract, uint32_t bundle, int32_t insurer,
                                           struct bytes provider, int32_t opened_on)
{
    if ((uint32_t)contract->bundle != bundle)
        return CONTRACT_OF_ANOTHER_BUNDLE;
    if (opened_on < contract->from || opened_on > contract->until)
        return CONTRACT_NOT_IN_FORCE;
    if (!contract_insures(contract, insurer))
        return CONTRACT_OF_OTHER_INSURERS;
    return contract_lists(contract, provider) ? CONTRACT_FITS : CONTRACT_OF_OTHER_PROVIDERS;
}

const struct contract *contract_that_fits(const struct book *book, uint32_t bundle, int32_t insurer,
                                          struct bytes provider, int32_t opened_on)
{
    for (size_t i = 0; i < book->contracts_count; i++) {
        const struct contract *contract = &book->contracts[i];
        if (contract_condition(contract, bundle, insurer, provider, opened_on) == CONTRACT_FITS)
            return contract;
    }
    return NULL;
}
