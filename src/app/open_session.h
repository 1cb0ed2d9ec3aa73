// Opens a session for Commerce (contract §1). A terminal that is open already gives the same
// session, so does a repetition under the same idempotency key. Events of Commerce that came before
// their session are applied as soon as it exists. Called by http/commerce_routes; answers after the
// commit.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "app/idempotency.h"
#include "app/services.h"

namespace obolus::app {

struct OpenSession {
  domain::SessionKind kind = domain::SessionKind::kPayment;
  std::optional<Uuid> terminal_id;          // payment: terminal_id; 3DS: tds_terminal_id
  std::optional<Uuid> payment_terminal_id;  // 3DS only
  std::optional<std::chrono::seconds> expires_in;
  domain::Continuation continuation;
  domain::PaymentDetails payment;
  domain::Merchant merchant;
  std::vector<domain::CardNetwork> allowed_networks;
  std::optional<std::string> locale;
  domain::RetryTerms retries;
  std::optional<domain::Challenge> challenge;
  std::string traceparent;
  std::string request_id;
  std::optional<IdempotencyClaim> idempotency;
};

struct OpenedSession {
  domain::Session session;
  std::string key;  // "pay_…" or "tds_…"
};

// Errors, in order: kInvalid (the idempotency key was used for another body), kConflict (the
// terminal's session has ended, or a different challenge was started already), kUnavailable,
// kRateLimited.
void Execute(const Services& services, OpenSession command, base::Done<OpenedSession> done);

}  // namespace obolus::app
