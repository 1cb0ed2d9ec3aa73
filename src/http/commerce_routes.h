// What Commerce calls (contract §1): POST /sessions for both kinds, the published variants POST
// /session and POST /tds/session, and the challenge that comes later. Reads the request, runs the
// use case, renders the answer. Commerce listener only.
#pragma once

#include "app/services.h"
#include "http/router.h"
#include "http/session_request.h"

namespace obolus::http {

// `services` outlives the router.
void AddCommerceRoutes(Router& router, const app::Services& services, SessionRequestRules rules);

}  // namespace obolus::http
