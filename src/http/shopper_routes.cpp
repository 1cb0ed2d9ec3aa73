#include "http/shopper_routes.h"

#include <algorithm>

#include "app/cancel_session.h"
#include "app/find_networks.h"
#include "app/submit_card.h"
#include "http/client_address.h"
#include "http/cors.h"
#include "http/middleware.h"
#include "http/session_json.h"
#include "http/session_stream.h"
#include "http/work_json.h"

namespace obolus::http {
namespace {

using base::ErrorCode;

constexpr base::Millis kRefusalTakes{300};

// Errors can be read by any origin: they say nothing that the holder of the key does not know.
void RefuseReadable(Exchange& exchange, const base::Error& error) {
  auto response = MakeProblem(error, exchange.request_id);
  const std::string* origin = exchange.request.headers.Find("Origin");
  AllowOrigin(response, origin,
              origin != nullptr ? std::vector{*origin} : std::vector<std::string>());
  exchange.Answer(std::move(response));
}

void AnswerState(const app::Services& services, Exchange& exchange, const app::SessionView& view) {
  auto state = RenderState(services, view);
  AddWork(state, services, view, VisitorOf(exchange));
  auto response = JsonResponse(200, base::ToText(state));
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

struct Entry {
  std::string payload;
  std::optional<app::WorkDone> work;
};

// {"action": "tokenize_card", "result": {"enc_payload": "…", "proof_of_work"?: {…}}}
base::Result<Entry> ReadEntry(const net::HttpRequest& request) {
  const auto body = ReadObject(request);
  if (!body) return std::unexpected(body.error());
  std::vector<base::FieldError> faults;
  const auto action = base::FindString(*body, "/action");
  if (action != "tokenize_card") faults.push_back({"/action", "must be tokenize_card"});
  auto payload = base::FindString(*body, "/result/enc_payload");
  if (!payload) faults.push_back({"/result/enc_payload", "must be a compact JWE"});
  auto work = ReadWork(*body, faults);
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return Entry{std::move(*payload), std::move(work)};
}

// A remote vault takes a while to refuse a card and a limit none; the time shall not say which of
// them it was. What our own vault is asked is answered at once either way.
base::Millis HeldBack(const app::Services& services, const base::Error& error,
                      base::Timestamp since) {
  if (error.code != ErrorCode::kInvalid || !services.vault.IsRemote()) return base::Millis(0);
  return std::clamp<base::Millis>(since + kRefusalTakes - services.clock.Now(), base::Millis(0),
                                  kRefusalTakes);
}

void CompleteAction(const app::Services& services, base::Scheduler& scheduler, Exchange exchange) {
  auto entry = ReadEntry(exchange.request);
  if (!entry) return RefuseReadable(exchange, entry.error());
  app::SubmitCardEntry command{.key = exchange.Parameter("session_key"),
                               .enc_payload = std::move(entry->payload),
                               .cause = CauseOf(exchange, domain::Side::kShopper),
                               .visitor = VisitorOf(exchange),
                               .work = std::move(entry->work)};
  app::Execute(services, std::move(command),
               [&services, &scheduler, since = services.clock.Now(),
                exchange = std::move(exchange)](base::Result<app::SessionView> view) mutable {
                 if (view) return AnswerState(services, exchange, *view);
                 const auto held_back = HeldBack(services, view.error(), since);
                 if (held_back == base::Millis(0)) return RefuseReadable(exchange, view.error());
                 scheduler.After(held_back, [exchange = std::move(exchange),
                                             error = std::move(view.error())]() mutable {
                   RefuseReadable(exchange, error);
                 });
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

void AddShopperRoutes(Router& router, const app::Services& services, base::Scheduler& scheduler,
                      app::RequestLimits* limits) {
  using Action = void (*)(const app::Services&, Exchange);
  const auto limited = [&services, limits](Exchange& exchange) {
    if (limits == nullptr) return true;
    const auto wait = limits->Admit(SubscriberOf(exchange.client_address), services.clock.Now());
    if (wait) RefuseReadable(exchange, {ErrorCode::kRateLimited, "too many requests", {}, wait});
    return !wait;
  };
  const auto add = [&](const char* method, const char* pattern, Action action) {
    router.Add({.method = method,
                .pattern = pattern,
                .handler = [&services, action, limited](Exchange exchange) {
                  if (limited(exchange)) action(services, std::move(exchange));
                }});
  };
  add("GET", "/sessions/{session_key}", Show);
  add("POST", "/sessions/{session_key}/cancel", Cancel);
  add("POST", "/sessions/{session_key}/networks", FindNetworks);
  for (const char* pattern : {"/sessions/{session_key}", "/sessions/{session_key}/complete-action",
                              "/sessions/{session_key}/cancel", "/sessions/{session_key}/networks",
                              "/sessions/{session_key}/stream"}) {
    add("OPTIONS", pattern, Preflight);
  }
  router.Add({.method = "POST",
              .pattern = "/sessions/{session_key}/complete-action",
              .handler = [&services, &scheduler, limited](Exchange exchange) {
                if (limited(exchange)) CompleteAction(services, scheduler, std::move(exchange));
              }});
  router.Add({.method = "GET",
              .pattern = "/sessions/{session_key}/stream",
              .handler = [&services, &scheduler, limits, limited](Exchange exchange) {
                if (!limited(exchange)) return;
                StreamSession(services, scheduler, limits, std::move(exchange));
              }});
}

}  // namespace obolus::http
