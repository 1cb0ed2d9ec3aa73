// The shopper gives up (contract §4.1, POST /sessions/{key}/cancel). A payment session ends and
// Commerce is told; a 3-D Secure session goes back to Commerce, whose processor knows what the
// issuer saw. Called by http/shopper_routes.
#pragma once

#include <string>

#include "app/show_session.h"

namespace obolus::app {

struct CancelSession {
  std::string key;  // "pay_…" or "tds_…"
  domain::Cause cause{};
};

// The state after it; cancelling twice is no error. Errors, in order: kNotFound, kConflict (ended
// otherwise), kExpired, kUnavailable.
void Execute(const Services& services, const CancelSession& command, base::Done<SessionView> done);

}  // namespace obolus::app
