// GET /sessions/{key}/stream: the states of one session as Server-Sent Events, written when a
// commit changed it. A slow or lost notice costs one tick, not the state: every tick looks again.
// Ends when there is nothing more to tell, or after an hour; browsers come back by themselves.
#pragma once

#include "app/request_limits.h"
#include "app/services.h"
#include "http/exchange.h"

namespace obolus::http {

// `services` and `scheduler` outlive all streams. Refused with kRateLimited above 10,000 open
// streams, or when the client has as many as `limits` (nullptr: none) lets it have.
void StreamSession(const app::Services& services, base::Scheduler& scheduler,
                   app::RequestLimits* limits, Exchange exchange);

}  // namespace obolus::http
