// The client session protocol (contract §4.1): what the library, the public SDKs and our pages ask
// of a session. No credential but the session key in the path, which is why the path is never
// logged. Shopper listener only.
#pragma once

#include "app/request_limits.h"
#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

// All outlive the router. `limits`: how much one client may ask for; nullptr: any amount.
void AddShopperRoutes(Router& router, const app::Services& services, base::Scheduler& scheduler,
                      app::RequestLimits* limits);

}  // namespace obolus::http
