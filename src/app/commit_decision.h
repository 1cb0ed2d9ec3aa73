// Turns a decision of the session machine into rows: the session, the event that goes with it (its
// bytes frozen here), the entry of the timeline that tells of it, and the end of a card that is of
// no more use. One transaction, so Commerce hears of a change exactly when there is one, and an
// operator sees exactly what was kept.
#pragma once

#include "app/ports/store.h"
#include "app/services.h"
#include "domain/session_machine.h"
#include "domain/timeline.h"

namespace obolus::app {

// When, by whom and with what to say of it something is done to a session.
struct Occasion {
  Timestamp now;
  domain::Cause cause{};
  domain::Details details{};
};

// Entries that a timeline takes. Whoever holds a session key could go on for ever; what ends a
// session still finds a place when everything else no longer does.
inline constexpr std::size_t kMostNotes = 200;
inline constexpr std::size_t kMostEntries = 400;

// Nothing is written when the decision changed nothing. Errors: those of the store.
Status CommitDecision(Transaction& tx, const Services& services, const domain::Decision& decision,
                      const Occasion& occasion);

// Decide, then CommitDecision. The session as it is now.
Result<domain::Session> Apply(Transaction& tx, const Services& services,
                              const domain::Session& session, const domain::Command& command,
                              const Occasion& occasion);

// Adds to the timeline what changed nothing, but happened. `what`: a word of lower case letters and
// underscores. Errors: those of the store.
Status NoteOnTimeline(Transaction& tx, const domain::Session& session, std::string what,
                      const Occasion& occasion);

// The session of that id. kNotFound, or the store's.
Result<domain::Session> Load(Transaction& tx, const Uuid& session_id);

}  // namespace obolus::app
