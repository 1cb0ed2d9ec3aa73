// One listening server for each world, as the configuration describes it: address, TLS, limits, how
// refusals look, and what is counted. Called by main/wiring at start.
#pragma once

#include <cstdint>
#include <memory>

#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "http/router.h"
#include "main/config.h"
#include "net/http_server.h"

namespace obolus::main {

struct Door {
  const char* name;  // "commerce", "shopper", "operator"
  const ListenerConfig& listener;
  const http::Router& router;
  net::Engine& engine;
  std::int64_t max_requests;  // at once
  const base::Clock& clock;
  app::AuditLog& audit;                         // of refused handshakes
  const http::CallerPolicy* callers = nullptr;  // whose rule says whether a certificate is a must
};

// Listening when it returns. What it was given outlives the server. Errors of
// net::HttpServer::Start, with the listener's name.
base::Result<std::unique_ptr<net::HttpServer>> Listen(const Door& door, const Config& config,
                                                      base::Metrics& metrics);

}  // namespace obolus::main
