// GET /sessions/{key}/stream: the states of one session as Server-Sent Events, written when a
// commit changed it. A slow or lost notice costs one tick, not the state: every tick looks again.
// Ends when there is nothing more to tell, or after an hour; browsers come back by themselves.
#pragma once

#include "app/services.h"
#include "http/exchange.h"

namespace obolus::http {

// `services` and `scheduler` outlive all streams. Refused with kRateLimited above 10,000 open
// streams.
void StreamSession(const app::Services& services, base::Scheduler& scheduler, Exchange exchange);

}  // namespace obolus::http
