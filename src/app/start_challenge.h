// The shopper opens `/3ds/{challenge_key}`: when the challenge is known and not over, that is
// recorded and the caller sends the browser to the issuer; in any other state the caller shows what
// there is to see. Called by http/challenge_routes.
#pragma once

#include <string>

#include "app/show_session.h"

namespace obolus::app {

struct StartChallenge {
  std::string key;  // "tds_…"
  domain::Cause cause{};
  domain::Details details{};  // for the timeline
};

// The session; in state `challenged` with its challenge when the browser shall go to the issuer
// now. An expired or ended session, or one whose challenge is not known yet, comes as it is.
// Errors: kNotFound, kUnavailable.
void Execute(const Services& services, const StartChallenge& command, base::Done<SessionView> done);

}  // namespace obolus::app
