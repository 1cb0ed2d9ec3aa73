// Sends a card to whoever charges it, without the caller ever holding it (contract §5). In this
// order, so that a crash or a full disk never leaves a card that went out unrecorded: look at the
// call, at the card and at its payment; write the audit record; commit that the card is being sent,
// taking its security code, which is used once; send; record the outcome. Called by
// http/forward_routes.
#pragma once

#include <string>

#include "app/forward_limits.h"
#include "app/ports/audit_log.h"
#include "app/ports/card_forwarder.h"
#include "app/services.h"

namespace obolus::app {

struct ForwardServices {
  const Services& services;
  CardForwarder& forwarder;
  ForwardLimits& limits;
};

struct ForwardCard {
  std::string card_id;  // card_session.id
  ForwardCall call;
  std::string actor;   // "cn:…": for limits and the audit log
  std::string origin;  // its address
  domain::Cause cause{};
};

// Of a kConflict about the security code, among Error::extensions: 1 it was used, 0 it is not here
// (the process has restarted, another replica has it, or its time was over).
inline constexpr char kCodeWasUsed[] = "security_code_used";

// Errors, in order: kRateLimited (with retry_after), those of CardForwarder::Prepare, kNotFound (no
// such card, or its payment is over), kConflict (cards rest in another vault, which forwards them
// itself), kExpired (the card's time is over), kConflict (the payment is over; or the security
// code, see above), kUnavailable (the audit record cannot be written: nothing was sent), kInternal
// (the card does not open). Each is in the audit log.
void Execute(const ForwardServices& with, ForwardCard command, base::Done<ForwardOutcome> done);

}  // namespace obolus::app
