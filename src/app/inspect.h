// What an operator may look at and do: the events on their way to Commerce, sending one again, and
// a session by its id. No secrets come out of here: sessions hold none. Called by
// http/operator_routes, for the CLI.
#pragma once

#include <vector>

#include "app/services.h"

namespace obolus::app {

void ListEvents(const Services& services, EventFilter filter,
                base::Done<std::vector<OutboxEvent>> done);

// kNotFound.
void ShowEvent(const Services& services, const Uuid& id, base::Done<OutboxEvent> done);

// Makes the event due now, whatever became of it; its bytes and ce-id stay, so a Commerce that has
// it drops it. kNotFound.
void ReplayEvent(const Services& services, const Uuid& id, base::Done<OutboxEvent> done);

// Everything that happened to a session, oldest first, from its opening on. kNotFound.
void ShowTimeline(const Services& services, const Uuid& session_id,
                  base::Done<std::vector<domain::TimelineEntry>> done);

// kNotFound.
void InspectSession(const Services& services, const Uuid& id, base::Done<domain::Session> done);

void CountOutbox(const Services& services, base::Done<OutboxCounts> done);

}  // namespace obolus::app
