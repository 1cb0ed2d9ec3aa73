#include "sandbox/kit_routes.h"

#include <utility>

#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

constexpr std::size_t kPaymentsShown = 20;

// {path, headers?: {name: value}, body?: any JSON}
base::Result<ObolusCall> ReadRequest(const json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  ObolusCall call;
  call.kind = "request";
  call.path = reader.String("path", 2048).value_or("");
  if (!call.path.starts_with('/')) reader.Fault("path", "must begin with a slash");
  call.title = "POST " + call.path;
  call.headers = {{"content-type", "application/json"}};
  if (const auto* headers = reader.Object("headers")) {
    for (const auto& header : *headers) {
      if (const auto* value = header.value().if_string()) {
        call.headers.Set(std::string(header.key()), std::string(*value));
      }
    }
  }
  const auto* content = body.if_contains("body");
  call.body = content ? base::ToText(*content) : "";
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return call;
}

// The newest entry with that number, or that sent an event with that ce-id in any mode.
base::Result<JournalEntry> FindEvent(const Journal& journal, const std::string& wanted) {
  const auto entries = journal.Read(0, Journal::kMaxEntries, "");
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const auto* id = entry->headers.Find("ce-id");
    const bool named = std::to_string(entry->number) == wanted || (id && *id == wanted) ||
                       (!id && entry->body.contains("\"id\":\"" + wanted + "\""));
    if (named && entry->kind == "event") return *entry;
  }
  return base::Fail(base::ErrorCode::kNotFound, "The journal has no event " + wanted + ".");
}

}  // namespace

void KitRoutes::AddRoutes(Routes& routes) {
  routes.Add("GET", "/control/about", [this](RouteCall call) {
    call.responder.Send(
        JsonAnswer(200, json::object{{"shop_url", whereabouts_.shop_url},
                                     {"shopper_url", whereabouts_.shopper_url},
                                     {"operator_url", whereabouts_.operator_url},
                                     {"certificates", whereabouts_.certificates.string()}}));
  });
  routes.Add("GET", "/control/payments", [this](RouteCall call) {
    call.responder.Send(
        JsonAnswer(200, json::object{{"payments", commerce_.List(kPaymentsShown, 1)}}));
  });
  routes.Add("GET", "/control/payments/{id}", [this](RouteCall call) {
    auto payment = commerce_.Show(call.arguments[0]);
    call.responder.Send(payment ? JsonAnswer(200, *payment)
                                : Problem(404, "NOT_FOUND", "There is no such payment."));
  });
  routes.Add("GET", "/control/event", [this](RouteCall call) {
    auto entry = FindEvent(journal_, QueryParameter(call.request.query, "event"));
    call.responder.Send(entry ? JsonAnswer(200, ToJson(*entry)) : Problem(entry.error()));
  });
  routes.Add("POST", "/control/payments", [this](RouteCall call) { Create(std::move(call)); });
  routes.Add("POST", "/control/request", [this](RouteCall call) { SendRequest(std::move(call)); });
  routes.Add("POST", "/control/replay", [this](RouteCall call) { Replay(std::move(call)); });
}

void KitRoutes::Create(RouteCall call) {
  call.request.headers.Set("x-api-key", payments_key_);
  call.request.target = call.request.path = "/payments";
  payments_.Create(std::move(call.request), std::move(call.responder));
}

void KitRoutes::SendRequest(RouteCall call) {
  auto body = ReadJsonBody(call.request);
  auto request =
      body ? ReadRequest(*body) : base::Result<ObolusCall>(std::unexpected(body.error()));
  if (!request) {
    call.responder.Send(Problem(request.error()));
    return;
  }
  SendOnce(std::move(*request), std::move(call.responder));
}

void KitRoutes::Replay(RouteCall call) {
  auto body = ReadJsonBody(call.request);
  auto wanted = body ? base::FindString(json::value(*body), "/event") : std::nullopt;
  auto entry = body ? FindEvent(journal_, wanted.value_or(""))
                    : base::Result<JournalEntry>(std::unexpected(body.error()));
  if (!entry) {
    call.responder.Send(Problem(entry.error()));
    return;
  }
  if (entry->from != "commerce" || entry->body.size() > Journal::kMaxBodyBytes) {
    // Its own events Obolus keeps; the caller asks for them at the operator listener.
    call.responder.Send(JsonAnswer(
        409, json::object{{"message", "not an event of Commerce's"}, {"entry", ToJson(*entry)}}));
    return;
  }
  SendOnce({entry->payment_id, "event", entry->title, "/events", entry->headers, entry->body},
           std::move(call.responder));
}

void KitRoutes::SendOnce(ObolusCall request, net::Responder responder) {
  link_.PostOnce(std::move(request), [responder = std::move(responder)](
                                         base::Result<net::HttpResponse> answer) mutable {
    if (!answer) {
      responder.Send(Problem(answer.error()));
      return;
    }
    auto body = base::ParseJson(answer->body);
    responder.Send(JsonAnswer(
        200, json::object{{"status", answer->status},
                          {"body", body ? std::move(*body) : json::value(answer->body)}}));
  });
}

}  // namespace obolus::sandbox
