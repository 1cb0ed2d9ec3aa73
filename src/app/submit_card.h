// Takes the shopper's card: opens the envelope, checks the card, keeps it in the vault, and commits
// the sealed card, the session and CardSessionCreated together. A remote vault is asked between two
// transactions, with the intent written first. A card that a vault refuses counts as an attempt,
// one that a check of ours refuses does by default, an envelope that does not open does not. After
// a refusal the policy may want a while to pass. What looks like card testing is turned away
// (app/card_testing): before the card is opened, in the words of a limit, and after that in those
// of a vault, so that nobody learns whether a card was tried. Called by http/shopper_routes.
#pragma once

#include <string>

#include "app/card_testing.h"
#include "app/services.h"
#include "app/show_session.h"

namespace obolus::app {

struct SubmitCardEntry {
  std::string key;          // "pay_…"
  std::string enc_payload;  // compact JWE
  domain::Cause cause{};
  Visitor visitor{};
  std::optional<WorkDone> work{};  // where the state asked for some
};

// The state after it. Errors, in order: kNotFound, kExpired, kConflict (ended; but the same payload
// again is answered as before), kRateLimited (cools down after a refusal, or looks like card
// testing; nothing is counted), kMalformed/kInvalid of the envelope (pointer
// "/result/enc_payload"), kInvalid of the card
// ("/result/enc_payload/account_number", …), kUnavailable. kRateLimited and kInvalid of the card
// have the extensions "attempts_left", unless there is no limit, and "retry_after" in seconds,
// where there is a cool-down.
void Execute(const Services& services, SubmitCardEntry command, base::Done<SessionView> done);

}  // namespace obolus::app
