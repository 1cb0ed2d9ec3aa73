#include "http/forward_routes.h"

#include <algorithm>

#include "base/json.h"
#include "http/middleware.h"

namespace obolus::http {
namespace {

namespace json = base::json;
using base::ErrorCode;
using Kind = app::ForwardOutcome::Kind;

constexpr char kAnsweredHeader[] = "obolus-forward";
constexpr char kCodeHeader[] = "obolus-security-code";

bool IsAllowed(const net::ClientCertificate& certificate, const std::vector<std::string>& names) {
  if (names.empty()) return true;
  const auto allowed = [&](const std::string& name) {
    return std::ranges::find(names, name) != names.end();
  };
  return allowed(certificate.subject_common_name) ||
         std::ranges::any_of(certificate.dns_names, allowed);
}

// What the destination said, or that it said nothing of use; only the first is its own.
net::HttpResponse Render(app::ForwardOutcome outcome, const std::string& request_id) {
  if (outcome.kind == Kind::kAnswered) {
    net::HttpResponse response{
        .status = outcome.status, .headers = {}, .body = std::move(outcome.body)};
    for (auto& [name, value] : outcome.headers) {
      response.headers.Add(std::move(name), std::move(value));
    }
    response.headers.Add("Cache-Control", "no-store");
    response.headers.Add(kAnsweredHeader, "answered");
    return response;
  }
  const bool is_sent = outcome.kind == Kind::kUnknown;
  auto response =
      MakeGatewayProblem(outcome.timed_out,
                         (is_sent ? "the destination may have got the card and acted on it: "
                                  : "nothing of the card was sent: ") +
                             outcome.detail,
                         request_id);
  response.headers.Add(kAnsweredHeader, is_sent ? "unknown" : "not-sent");
  return response;
}

net::HttpResponse RenderRefusal(const base::Error& error, const std::string& request_id) {
  auto response = MakeProblem(error, request_id);
  response.headers.Add(kAnsweredHeader, "refused");
  for (const auto& [name, number] : error.extensions) {
    if (name == app::kCodeWasUsed) {
      response.headers.Add(kCodeHeader, number == 1 ? "used" : "not-here");
    }
  }
  return response;
}

void Forward(const app::ForwardServices& with, const std::vector<std::string>& names,
             Exchange exchange) {
  const net::Peer& peer = exchange.request.peer;
  app::ForwardCard command{.card_id = exchange.Parameter("id"),
                           .call = {},
                           .actor = exchange.caller,
                           .origin = peer.address,
                           .cause = CauseOf(exchange, domain::Side::kProcessor)};
  const auto refuse = [&](const base::Error& error) {
    with.services.audit.Record({.kind = domain::AuditKind::kForwardRefused,
                                .success = false,
                                .actor = command.actor,
                                .origin = command.origin,
                                .object = "card_session:" + command.card_id.substr(0, 64),
                                .details = {{"reason", error.message}}});
    exchange.Answer(RenderRefusal(error, exchange.request_id));
  };
  if (!peer.certificate || !IsAllowed(*peer.certificate, names)) {
    return refuse({ErrorCode::kForbidden,
                   peer.certificate ? "this client certificate may not have cards forwarded"
                                    : "a client certificate is needed to have a card forwarded",
                   {},
                   std::nullopt});
  }
  command.actor = "cn:" + peer.certificate->subject_common_name;
  if (exchange.request.headers.Find("Idempotency-Key") != nullptr ||
      exchange.request.headers.Find("X-Idempotency-Key") != nullptr) {
    return refuse({ErrorCode::kInvalid,
                   "answers are not kept, so a repetition would be sent again: put the "
                   "destination's own idempotency key into `headers`",
                   {{"", "an idempotency key cannot be kept here"}},
                   std::nullopt});
  }
  if (auto is_json = CheckJson(exchange.request); !is_json) return refuse(is_json.error());
  auto call = ParseForwardCall(exchange.request.body);
  if (!call) return refuse(call.error());
  command.call = std::move(*call);
  exchange.request = {};
  app::Execute(with, std::move(command),
               [exchange = std::move(exchange)](base::Result<app::ForwardOutcome> outcome) mutable {
                 exchange.Answer(outcome ? Render(std::move(*outcome), exchange.request_id)
                                         : RenderRefusal(outcome.error(), exchange.request_id));
               });
}

}  // namespace

base::Result<app::ForwardCall> ParseForwardCall(std::string_view body) {
  const auto root = base::ParseJson(body, {.max_depth = 40});
  if (!root) return std::unexpected(root.error());
  if (!root->is_object()) return base::Fail(ErrorCode::kMalformed, "must be a JSON object");
  std::vector<base::FieldError> faults;
  base::JsonReader reader(root->get_object(), "", &faults);
  app::ForwardCall call;
  call.method = reader.String("method").value_or("POST");
  if (auto url = reader.String("url", 2048)) {
    call.url = std::move(*url);
  } else if (faults.empty()) {
    reader.Fault("url", "is needed: where the card goes");
  }
  bool has_type = false;
  if (const json::object* headers = reader.Object("headers")) {
    for (const auto& [name, value] : *headers) {
      if (!value.is_string()) {
        faults.push_back({"/headers/" + std::string(name), "must be a text"});
        continue;
      }
      call.headers.emplace_back(name, value.get_string());
      has_type = has_type || net::EqualsIgnoreCase(std::string_view(name), "content-type");
    }
  }
  const json::value* given = reader.Find("body");
  if (given == nullptr) {
    reader.Fault("body", "is needed: the template, a JSON value or a text");
  } else if (given->is_string()) {
    call.body = given->get_string();
    if (!has_type) faults.push_back({"/headers/content-type", "is needed when the body is a text"});
  } else {
    call.body = base::ToText(*given);
    if (!has_type) call.headers.emplace_back("Content-Type", "application/json");
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return call;
}

void AddForwardRoute(Router& router, const app::ForwardServices& with,
                     std::vector<std::string> allowed_names) {
  router.Add({.method = "POST",
              .pattern = "/card-sessions/{id}/forward",
              .handler = [&with, names = std::move(allowed_names)](
                             Exchange exchange) { Forward(with, names, std::move(exchange)); },
              .scope = app::Scope::kForward});
}

}  // namespace obolus::http
