#include "engine/decision.h"

#include "base/must.h"
#include "engine/money.h"

static void share_count(struct placed *placed, const struct placed_share *share)
{
    struct episode *episode = share->episode;
    episode->cost = cents_add(episode->cost, share->cents);
    episode->lines++;
    if (share->covered) {
        placed->covered += share->cents;
        episode->covered = cents_add(episode->covered, share->cents);
    } else {
        placed->payable += share->cents;
    }
}

static void placed_account(struct placed *placed)
{
    int64_t amount = placed_declaration(placed)->amount;
    must(placed->status < STATUS_COUNT);
    switch (status_accounts[placed->status]) {
    case ACCOUNT_PAYABLE: placed->payable = amount; break;
    case ACCOUNT_WITHHELD: placed->withheld = amount; break;
    case ACCOUNT_REFUSED: placed->refused = amount; break;
    case ACCOUNT_REVERSED: placed->reversed = amount; break;
    case ACCOUNT_SHARES:
        placed->payable = placed->outside;
        for (size_t i = 0; i < placed->shares_count; i++)
            share_count(placed, &placed->shares[i]);
        break;
    default: must(!"an account of outputs.h");
    }
    must(placed->payable + placed->covered + placed->withheld + placed->refused + placed->reversed == amount);
}

void decisions_account(struct history *history)
{
    for (size_t i = 0; i < history->lines_count; i++) {
        struct placed *placed = &history->lines[i];
        placed_account(placed);
        if (placed->status == STATUS_BUNDLE_PRICE)
            placed->priced->price = cents_add(placed->priced->price, placed_declaration(placed)->amount);
    }
}
