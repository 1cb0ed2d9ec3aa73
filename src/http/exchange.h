// One request and the right to answer it, as routes get it: with the values of the path's
// parameters and the ids that tie logs, traces and events together. Move-only; it travels into the
// callback of a use case.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/api_keys.h"
#include "base/result.h"
#include "base/trace.h"
#include "domain/timeline.h"
#include "http/problem.h"
#include "net/http_server.h"

namespace obolus::http {

// Of a path: a name, which the route owns, and the percent-decoded value.
using PathParameters = std::vector<std::pair<std::string_view, std::string>>;

struct Exchange {
  net::HttpRequest request;
  net::Responder responder;
  PathParameters parameters;
  std::string request_id;        // Commerce's X-Request-Id when it is well-formed, else ours
  std::string traceparent;       // Commerce's, else a new one
  std::string caller;            // commerce listener: who authenticated; scope of idempotency keys
  std::string client_address{};  // numeric: the peer, or whom trusted proxies speak for
  app::Scope scope = app::Scope::kSessions;  // what the route needs

  // One that the route's pattern names (CHECK).
  const std::string& Parameter(std::string_view name) const;

  void Answer(net::HttpResponse response) { responder.Send(std::move(response)); }
  void Refuse(const base::Error& error) { responder.Send(MakeProblem(error, request_id)); }
};

// Who asks, for the timeline.
inline domain::Cause CauseOf(const Exchange& exchange, domain::Side side) {
  return {side, base::TraceIdOf(exchange.traceparent), exchange.request_id};
}

using RouteHandler = std::function<void(Exchange)>;

// `body` is JSON text.
inline net::HttpResponse JsonResponse(int status, std::string body) {
  net::HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.Reserve(4);  // the router adds one, CORS another
  response.headers.Add("Content-Type", "application/json");
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

}  // namespace obolus::http
