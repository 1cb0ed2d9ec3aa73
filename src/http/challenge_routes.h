// The shopper's way through a 3-D Secure challenge (contract §4.2): /3ds/{challenge_key} shows what
// the session's state asks for, and the two return addresses take the shopper back from the issuer,
// by GET or cross-site POST, without any cookie. Shopper listener only.
#pragma once

#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

// What to answer when the engine refuses a request before it reaches a route; `path` is empty
// unless its body alone was too much. What a bank sends back is no verdict, so a return that is too
// large is a return all the same: the browser comes again to the same address, without it (303).
net::HttpResponse AnswerRefused(int status, std::string reason, const std::string& path);

void AddChallengeRoutes(Router& router, const app::Services& services);

}  // namespace obolus::http
