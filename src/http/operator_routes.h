// What operators and their tools ask of a running Obolus: health, readiness, metrics, the events on
// their way, one session. Operator listener only, which is on loopback; the command line's verbs
// come here too, because the store has one writer. Shapes: api/operator.yaml.
#pragma once

#include <atomic>

#include "app/relay_outbox.h"
#include "app/services.h"
#include "http/router.h"

namespace obolus::http {

struct OperatorContext {
  const app::Services& services;
  base::Metrics& metrics;
  const std::atomic<bool>& stopping;                      // readiness ends before the listeners do
  std::function<void(const app::OutboxCounts&)> observe;  // sets the gauges of /metrics
  std::function<void()> wake_relay;
};

// What `context` refers to outlives the router.
void AddOperatorRoutes(Router& router, OperatorContext context);

base::json::object RenderEvent(const app::OutboxEvent& event, bool with_body);
base::json::object RenderSession(const domain::Session& session);

}  // namespace obolus::http
