#include "http/shopper_routes.h"

#include <algorithm>

#include "app/cancel_session.h"
#include "app/find_networks.h"
#include "app/submit_card.h"
#include "http/cors.h"
#include "http/middleware.h"
#include "http/session_json.h"
#include "http/session_stream.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

// Errors can be read by any origin: they say nothing that the holder of the key does not know.
void RefuseReadable(Exchange& exchange, const base::Error& error) {
  auto response = MakeProblem(error, exchange.request_id);
  const std::string* origin = exchange.request.headers.Find("Origin");
  AllowOrigin(response, origin,
              origin != nullptr ? std::vector{*origin} : std::vector<std::string>());
  exchange.Answer(std::move(response));
}

void AnswerState(const app::Services& services, Exchange& exchange, const app::SessionView& view) {
  auto response = JsonResponse(200, base::ToText(RenderState(services, view)));
  AllowOrigin(response, exchange.request.headers.Find("Origin"),
              AllowedOrigins(services, view.session));
  exchange.Answer(std::move(response));
}

void Show(const app::Services& services, Exchange exchange) {
  const std::string key = exchange.Parameter("session_key");
  app::ShowSession(
      services, key,
      [&services, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view) return RefuseReadable(exchange, view.error());
        if (view->IsExpired()) {
          return RefuseReadable(exchange,
                                {ErrorCode::kNotFound, "the session has expired", {}, {}});
        }
        AnswerState(services, exchange, *view);
      });
}

base::Result<base::json::value> ReadObject(const net::HttpRequest& request) {
  if (request.headers.Find("Content-Type") == nullptr) {
    return base::Fail(ErrorCode::kUnsupportedMediaType, "the body must be application/json");
  }
  if (auto json = CheckJson(request); !json) return std::unexpected(json.error());
  auto body = base::ParseJson(request.body);
  if (body && !body->is_object()) return base::Invalid("", "must be a JSON object");
  return body;
}

// {"action": "tokenize_card", "result": {"enc_payload": "…"}}
base::Result<std::string> ReadPayload(const net::HttpRequest& request) {
  const auto body = ReadObject(request);
  if (!body) return std::unexpected(body.error());
  std::vector<base::FieldError> faults;
  const auto action = base::FindString(*body, "/action");
  if (action != "tokenize_card") faults.push_back({"/action", "must be tokenize_card"});
  auto payload = base::FindString(*body, "/result/enc_payload");
  if (!payload) faults.push_back({"/result/enc_payload", "must be a compact JWE"});
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return std::move(*payload);
}

void CompleteAction(const app::Services& services, Exchange exchange) {
  auto payload = ReadPayload(exchange.request);
  if (!payload) return RefuseReadable(exchange, payload.error());
  app::SubmitCardEntry command{exchange.Parameter("session_key"), std::move(*payload),
                               CauseOf(exchange, domain::Side::kShopper)};
  app::Execute(
      services, std::move(command),
      [&services, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view) return RefuseReadable(exchange, view.error());
        AnswerState(services, exchange, *view);
      });
}

void Cancel(const app::Services& services, Exchange exchange) {
  const app::CancelSession command{exchange.Parameter("session_key"),
                                   CauseOf(exchange, domain::Side::kShopper)};
  app::Execute(
      services, command,
      [&services, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view) return RefuseReadable(exchange, view.error());
        AnswerState(services, exchange, *view);
      });
}

// {"iin": "40000025"}
base::Result<std::string> ReadIin(const net::HttpRequest& request) {
  const auto body = ReadObject(request);
  if (!body) return std::unexpected(body.error());
  auto iin = base::FindString(*body, "/iin");
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!iin || iin->size() < 6 || iin->size() > 8 || !std::ranges::all_of(*iin, is_digit)) {
    return base::Invalid("/iin", "must be the first 6 to 8 digits of a card number");
  }
  return std::move(*iin);
}

void FindNetworks(const app::Services& services, Exchange exchange) {
  auto iin = ReadIin(exchange.request);
  if (!iin) return RefuseReadable(exchange, iin.error());
  app::FindNetworks command{exchange.Parameter("session_key"), std::move(*iin)};
  app::Execute(
      services, std::move(command),
      [&services, exchange = std::move(exchange)](base::Result<app::FoundNetworks> found) mutable {
        if (!found) return RefuseReadable(exchange, found.error());
        base::json::array names;
        for (const auto network : found->networks) {
          names.push_back(base::json::value(domain::SpellingOf(network).session));
        }
        auto response =
            JsonResponse(200, base::ToText(base::json::object{{"networks", std::move(names)}}));
        AllowOrigin(response, exchange.request.headers.Find("Origin"),
                    AllowedOrigins(services, found->view.session));
        exchange.Answer(std::move(response));
      });
}

void Preflight(const app::Services& services, Exchange exchange) {
  const std::string key = exchange.Parameter("session_key");
  app::ShowSession(
      services, key,
      [&services, exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
        if (!view) return RefuseReadable(exchange, view.error());
        exchange.Answer(PreflightResponse(exchange.request.headers.Find("Origin"),
                                          AllowedOrigins(services, view->session)));
      });
}

}  // namespace

void AddShopperRoutes(Router& router, const app::Services& services, base::Scheduler& scheduler) {
  using Action = void (*)(const app::Services&, Exchange);
  const auto add = [&](const char* method, const char* pattern, Action action) {
    router.Add(
        {.method = method, .pattern = pattern, .handler = [&services, action](Exchange exchange) {
           action(services, std::move(exchange));
         }});
  };
  add("GET", "/sessions/{session_key}", Show);
  add("POST", "/sessions/{session_key}/complete-action", CompleteAction);
  add("POST", "/sessions/{session_key}/cancel", Cancel);
  add("POST", "/sessions/{session_key}/networks", FindNetworks);
  for (const char* pattern : {"/sessions/{session_key}", "/sessions/{session_key}/complete-action",
                              "/sessions/{session_key}/cancel", "/sessions/{session_key}/networks",
                              "/sessions/{session_key}/stream"}) {
    add("OPTIONS", pattern, Preflight);
  }
  router.Add({.method = "GET",
              .pattern = "/sessions/{session_key}/stream",
              .handler = [&services, &scheduler](Exchange exchange) {
                StreamSession(services, scheduler, std::move(exchange));
              }});
}

}  // namespace obolus::http
