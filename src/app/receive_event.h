// Takes an event of Commerce (contract §3.2): deduplicated by (source, id) in the transaction of
// its effect, so that duplicates and any order end in the same state. An event for a session that
// does not exist yet is kept, and applied when the session opens. Called by http/event_routes.
#pragma once

#include "app/cloud_event.h"
#include "app/services.h"

namespace obolus::app {

enum class Reception : std::uint8_t {
  kApplied,    // changed a session
  kDuplicate,  // seen before
  kNoEffect,   // already so, or too late to matter
  kConflict,   // a second outcome of a challenge, other than the first: the first stands
  kUnmatched,  // no session yet: kept
  kIgnored,    // a type that we do not act on
};
std::string_view ToString(Reception reception);  // "applied", …

// Errors: kInvalid (Interpret), kUnavailable, kRateLimited.
void ReceiveEvent(const Services& services, CloudEvent event, base::Done<Reception> done);

// Inside a transaction, for a session that was just inserted: what was said of it before. The
// session as it is then.
Result<domain::Session> ApplyEarlierEvents(Transaction& tx, const Services& services,
                                           domain::Session session, Timestamp now);

}  // namespace obolus::app
