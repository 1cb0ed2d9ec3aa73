// The issuer sends the shopper's browser back, to the session's own return address or to the
// tds_return_url of the card session. The address alone says which session it is; what the browser
// carries is no verdict (EMV 3DS: the ACS's word reaches the processor by another way), so the only
// effect is one TDSResult; what came is described on the session's timeline. Called by
// http/challenge_routes.
#pragma once

#include <string>

#include "app/show_session.h"
#include "domain/challenge_report.h"

namespace obolus::app {

struct ReturnFromChallenge {
  std::string key;  // "tds_…" or "ret_…"
  domain::Cause cause{};
  domain::ChallengeReport report{};  // for the timeline
};

// The 3DS session after it, with its challenge_key to go on to; coming back twice, or late, changes
// nothing and is no error. With "ret_…" and no 3DS session for that card: the payment session.
// Errors: kNotFound, kUnavailable.
void Execute(const Services& services, const ReturnFromChallenge& command,
             base::Done<SessionView> done);

// The same session by the same key, and nothing happens to it. Errors as above.
void ShowReturned(const Services& services, const std::string& key, base::Done<SessionView> done);

}  // namespace obolus::app
