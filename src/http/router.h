// Finds the route of a request and runs it, with the work that every request needs around it:
// request id, trace, access log and metrics by route. One router a listener; a path that another
// listener serves is 404 here. Built at start, then read-only; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/api_keys.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/metrics.h"
#include "http/exchange.h"

namespace obolus::http {

struct Route {
  std::string method;   // "GET" also serves HEAD
  std::string pattern;  // "/sessions/{session_key}": a parameter is one whole segment
  RouteHandler handler;
  std::size_t max_body_bytes = 64 * 1024;
  app::Scope scope = app::Scope::kSessions;  // of the commerce listener: what a key must have
};

// Looks at an exchange before its route; answers and returns false to refuse it.
using Guard = std::function<bool(Exchange&)>;

class Router {
 public:
  // `listener` names it in logs and metrics. `metrics` and `ids` outlive the router.
  Router(std::string listener, base::Metrics& metrics, base::IdSource& ids);
  ~Router();

  void Add(Route route);  // before the first Dispatch; exact segments win over parameters
  void AddGuard(Guard guard);
  // For each answer that has no header of that name; before the first Dispatch.
  void AddHeader(std::string name, std::string value);
  // Adds these headers to an answer that is given without a route: the engine's refusals.
  void Complete(net::HttpResponse& response) const;

  // Errors that it answers itself, in order: kNotFound, kMethodNotAllowed (with Allow), then the
  // guards', then kTooLarge.
  void Dispatch(net::HttpRequest request, net::Responder responder) const;

 private:
  struct Entry;
  const Entry* Find(const net::HttpRequest& request, std::string& allow,
                    PathParameters& parameters) const;

  std::string listener_;
  base::Metrics& metrics_;
  base::IdSource& ids_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::unique_ptr<Entry> unknown_;  // counts what no route takes
  std::vector<Guard> guards_;
  std::shared_ptr<net::Headers> headers_;  // shared with answers that are still to come
};

}  // namespace obolus::http
