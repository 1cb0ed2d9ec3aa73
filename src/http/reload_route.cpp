#include "http/reload_route.h"

#include "base/json.h"

namespace obolus::http {
namespace {

namespace json = base::json;

json::object Render(const std::vector<ReloadOutcome>& outcomes) {
  json::array steps;
  std::int64_t failed = 0;
  for (const ReloadOutcome& outcome : outcomes) {
    const bool ok = outcome.status.has_value();
    failed += ok ? 0 : 1;
    steps.push_back(
        {{"step", outcome.step},
         {"ok", ok},
         {"error", ok ? json::value(nullptr) : json::value(outcome.status.error().message)}});
  }
  return {{"steps", std::move(steps)}, {"failed", failed}};
}

}  // namespace

void AddReloadRoute(Router& router, ReloadAll reload) {
  router.Add({.method = "POST",
              .pattern = "/reload",
              .handler = [reload = std::move(reload)](Exchange exchange) {
                reload("operator", [exchange = std::move(exchange)](
                                       base::Result<std::vector<ReloadOutcome>> outcomes) mutable {
                  if (!outcomes) return exchange.Refuse(outcomes.error());
                  exchange.Answer(JsonResponse(200, base::ToText(Render(*outcomes))));
                });
              }});
}

}  // namespace obolus::http
