// The shopper gives up (contract §4.1, POST /sessions/{key}/cancel). A payment session ends and
// Commerce is told; a 3-D Secure session goes back to Commerce, whose processor knows what the
// issuer saw. An operator can do the same for a shopper who cannot. Called by http/shopper_routes
// and http/operator_routes.
#pragma once

#include <string>

#include "app/show_history.h"
#include "app/show_session.h"

namespace obolus::app {

struct CancelSession {
  std::string key;  // "pay_…" or "tds_…"
  domain::Cause cause{};
};

// The state after it; cancelling twice is no error. Errors, in order: kNotFound, kConflict (ended
// otherwise), kExpired, kUnavailable.
void Execute(const Services& services, const CancelSession& command, base::Done<SessionView> done);

struct CancelForShopper {
  Uuid id;  // as ShowHistory finds a session by it
  domain::Cause cause{.side = domain::Side::kOperator};
};

// The session after it, with all that happened to it. Errors as above.
void Execute(const Services& services, const CancelForShopper& command,
             base::Done<SessionHistory> done);

}  // namespace obolus::app
