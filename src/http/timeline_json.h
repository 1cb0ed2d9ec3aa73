// The timeline of a session as operators read it: what happened to the session, and between that
// how each of its events fared on the way to Commerce. Shape: TimelineEntry of api/operator.yaml.
// Called by operator_routes; pure.
#pragma once

#include "app/show_history.h"
#include "base/json.h"

namespace obolus::http {

// Oldest first. An event stands where its delivery ended ("event_delivered", "event_parked"), or,
// as long as it has not, right after what committed it ("event_pending").
base::json::array RenderTimeline(const app::SessionHistory& history);

}  // namespace obolus::http
