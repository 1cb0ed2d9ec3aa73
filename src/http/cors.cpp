#include "http/cors.h"

#include <algorithm>

namespace obolus::http {

void AllowOrigin(net::HttpResponse& response, const std::string* origin,
                 const std::vector<std::string>& allowed) {
  response.headers.Add("Vary", "Origin");
  if (origin == nullptr || std::ranges::find(allowed, *origin) == allowed.end()) return;
  response.headers.Add("Access-Control-Allow-Origin", *origin);
  response.headers.Add("Access-Control-Expose-Headers", "X-Request-Id, Retry-After");
}

net::HttpResponse PreflightResponse(const std::string* origin,
                                    const std::vector<std::string>& allowed) {
  net::HttpResponse response{.status = 204, .headers = {}, .body = {}};
  AllowOrigin(response, origin, allowed);
  if (response.headers.Find("Access-Control-Allow-Origin") != nullptr) {
    response.headers.Add("Access-Control-Allow-Methods", "GET, POST");
    response.headers.Add("Access-Control-Allow-Headers", "content-type, traceparent, x-request-id");
    response.headers.Add("Access-Control-Max-Age", "600");
  }
  return response;
}

}  // namespace obolus::http
