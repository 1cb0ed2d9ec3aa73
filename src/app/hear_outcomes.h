// What Commerce says of payments, told to app/card_testing: StateChanged failed or authorized shows
// which cards died at the processor. Replicas hear of each other's commits too, so that a card is
// settled where it was counted. Called by main for each commit; any thread.
#pragma once

#include "app/ports/store.h"
#include "app/services.h"

namespace obolus::app {

// Looks up the sessions of the notice that are waited for, and settles those that are decided.
void HearOutcomes(const Services& services, const CommitNotice& notice);

}  // namespace obolus::app
