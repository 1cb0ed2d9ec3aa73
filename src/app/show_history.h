// Everything about one session, as an operator wants it at three in the morning: the session, what
// happened to it, how its events fared, and the session at its side (a payment's challenge, a
// challenge's payment). Read in one transaction, so that the parts fit each other. No secrets come
// out of here. Called by http/operator_routes.
#pragma once

#include <optional>
#include <vector>

#include "app/services.h"

namespace obolus::app {

struct SessionHistory {
  domain::Session session;
  // A payment's latest 3DS session, or a 3DS session's payment session.
  std::optional<Uuid> related_id;
  std::vector<domain::TimelineEntry> timeline;  // oldest first, from the opening on
  std::vector<OutboxEvent> events;              // oldest first
};

// Inside the caller's transaction. Errors as of ShowHistory.
Result<SessionHistory> ReadHistory(Transaction& tx, const Uuid& id);

// `id`: of a session, else of a terminal (the payment's before the challenge's), else payment.id.
// kNotFound, or the store's.
void ShowHistory(const Services& services, const Uuid& id, base::Done<SessionHistory> done);

}  // namespace obolus::app
