// A payment session as POST /sessions makes it, for programs that write many: fill_store and the
// benchmark of the store. Pure; any thread.
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "domain/session.h"

namespace obolus::bench {

// Open, with a time-ordered id of that time.
inline domain::Session MakeSession(base::IdSource& ids, base::Timestamp created) {
  domain::Session session;
  session.id = ids.NewOrderedUuid(created);
  session.terminal_id = session.id;
  session.created_at = created;
  session.expires_at = created + std::chrono::minutes(15);
  session.continuation = {"http://localhost/paid", "http://localhost/failed"};
  session.payment.amount_minor = 4450;
  session.payment.currency_code = "EUR";
  session.payment.order_id = "agora-1";
  session.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  session.request_id = base::ToString(session.id);
  return session;
}

}  // namespace obolus::bench
