// The shopper's way through a 3-D Secure challenge (contract §4.2): /3ds/{challenge_key} shows what
// the session's state asks for, and the two return addresses take the shopper back from the issuer,
// by GET or cross-site POST, without any cookie. Shopper listener only.
#pragma once

#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

void AddChallengeRoutes(Router& router, const app::Services& services);

}  // namespace obolus::http
