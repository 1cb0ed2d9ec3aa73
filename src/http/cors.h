// Cross-origin reads of the client protocol (Fetch §3.2): only by the session's merchant. Our own
// frames are same-origin and need none of it; the public SDKs do.
#pragma once

#include <string>
#include <vector>

#include "http/exchange.h"

namespace obolus::http {

// Adds Access-Control-Allow-Origin when `origin` is among `allowed`, and Vary either way.
void AllowOrigin(net::HttpResponse& response, const std::string* origin,
                 const std::vector<std::string>& allowed);

// The answer to a preflight: what an allowed origin may send.
net::HttpResponse PreflightResponse(const std::string* origin,
                                    const std::vector<std::string>& allowed);

}  // namespace obolus::http
