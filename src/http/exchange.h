// One request and the right to answer it, as routes get it: with the values of the path's
// parameters and the ids that tie logs, traces and events together. Move-only; it travels into the
// callback of a use case.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "http/problem.h"
#include "net/http_server.h"

namespace obolus::http {

struct Exchange {
  net::HttpRequest request;
  net::Responder responder;
  std::map<std::string, std::string, std::less<>> parameters;  // of the path, percent-decoded
  std::string request_id;   // Commerce's X-Request-Id when it is well-formed, else ours
  std::string traceparent;  // Commerce's, else a new one
  std::string caller;       // commerce listener: who authenticated; scope of idempotency keys

  const std::string& Parameter(std::string_view name) const {
    return parameters.find(name)->second;
  }

  void Answer(net::HttpResponse response) { responder.Send(std::move(response)); }
  void Refuse(const base::Error& error) { responder.Send(MakeProblem(error, request_id)); }
};

using RouteHandler = std::function<void(Exchange)>;

// `body` is JSON text.
inline net::HttpResponse JsonResponse(int status, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = std::move(body)};
}

}  // namespace obolus::http
