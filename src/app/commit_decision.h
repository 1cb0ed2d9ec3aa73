// Turns a decision of the session machine into rows: the session, the event that goes with it (its
// bytes frozen here), and the end of a card that is of no more use. One transaction, so Commerce
// hears of a change exactly when there is one.
#pragma once

#include "app/ports/store.h"
#include "app/services.h"
#include "domain/session_machine.h"

namespace obolus::app {

// Nothing is written when the decision changed nothing. Errors: those of the store.
Status CommitDecision(Transaction& tx, const Services& services, const domain::Decision& decision,
                      Timestamp now);

// Decide, then CommitDecision. The session as it is now.
Result<domain::Session> Apply(Transaction& tx, const Services& services,
                              const domain::Session& session, const domain::Command& command,
                              Timestamp now);

// The session of that id. kNotFound, or the store's.
Result<domain::Session> Load(Transaction& tx, const Uuid& session_id);

}  // namespace obolus::app
