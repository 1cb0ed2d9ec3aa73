// Gives a 3-D Secure session the challenge that was not known when it opened (contract §1.3).
// Called by http/commerce_routes, for the processor integration.
#pragma once

#include "app/services.h"

namespace obolus::app {

struct ProvideChallenge {
  Uuid tds_terminal_id;
  domain::Challenge challenge;
  domain::Cause cause{};
};

// The session with its challenge. Errors, in order: kNotFound, kConflict (started or ended with
// another one), kExpired, kUnavailable.
void Execute(const Services& services, ProvideChallenge command, base::Done<domain::Session> done);

}  // namespace obolus::app
