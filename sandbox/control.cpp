#include "sandbox/control.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "sandbox/cloud_event.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

namespace json = base::json;

std::uint64_t Number(std::string_view text, std::uint64_t fallback) {
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : fallback;
}

net::HttpResponse Done() {
  return {204, {}, ""};
}

// {type, data, subject?, id?, source?, time?, mode?: "binary"|"structured"|"batched", headers?:
// {name: value}}; only type is needed.
base::Result<ObolusCall> ReadEventCall(const json::object& body, const ControlParts& parts) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  OutgoingEvent event;
  event.type = reader.String("type").value_or("");
  if (event.type.empty()) reader.Fault("type", "is required");
  event.id = reader.String("id").value_or(base::ToString(parts.ids.NewUuid()));
  event.source = reader.String("source", 2048).value_or(parts.source);
  event.time = reader.String("time").value_or(base::FormatTime(parts.clock.Now()));
  event.subject = reader.String("subject").value_or("");
  const auto* data = body.if_contains("data");
  event.body = data ? base::ToText(*data) : "{}";
  ObolusCall call{"", "event", event.type, "/events", WriteEvent(event), event.body};
  const auto mode = reader.String("mode").value_or("binary");
  if (mode == "structured" || mode == "batched") {
    json::object envelope{{"specversion", "1.0"}, {"id", event.id},
                          {"type", event.type},   {"source", event.source},
                          {"time", event.time},   {"datacontenttype", "application/json"}};
    if (!event.subject.empty()) envelope["subject"] = event.subject;
    if (data) envelope["data"] = *data;
    const bool batched = mode == "batched";
    call.headers = {{"content-type", batched ? "application/cloudevents-batch+json"
                                             : "application/cloudevents+json"}};
    call.body = base::ToText(batched ? json::value(json::array{envelope}) : json::value(envelope));
  }
  if (const auto* headers = reader.Object("headers")) {
    for (const auto& header : *headers) {
      const auto* value = header.value().if_string();
      if (value) call.headers.Set(std::string(header.key()), std::string(*value));
    }
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return call;
}

}  // namespace

void Control::AddRoutes(Routes& routes) {
  AddScripts(routes);
  AddViews(routes);
}

void Control::AddScripts(Routes& routes) {
  routes.Add("POST", "/control/bridge", [this](RouteCall call) {
    auto body = ReadJsonBody(call.request);
    auto script =
        body ? ReadBridgeScript(*body) : base::Result<BridgeScript>(std::unexpected(body.error()));
    if (script) parts_.bridge.Play(*script);
    call.responder.Send(script ? Done() : Problem(script.error()));
  });
  routes.Add("POST", "/control/guardian", [this](RouteCall call) {
    auto body = ReadJsonBody(call.request);
    auto script = body ? ReadGuardianScript(*body)
                       : base::Result<GuardianScript>(std::unexpected(body.error()));
    if (script) parts_.guardian.Play(*script);
    call.responder.Send(script ? Done() : Problem(script.error()));
  });
  routes.Add("POST", "/control/acs", [this](RouteCall call) {
    auto body = ReadJsonBody(call.request);
    auto script =
        body ? ReadAcsScript(*body) : base::Result<AcsScript>(std::unexpected(body.error()));
    if (script) parts_.acs.Play(*script);
    call.responder.Send(script ? Done() : Problem(script.error()));
  });
  routes.Add("POST", "/control/void", [this](RouteCall call) {
    auto body = ReadJsonBody(call.request);
    if (!body) {
      call.responder.Send(Problem(body.error()));
      return;
    }
    auto id = base::FindString(json::value(*body), "/payment_id").value_or("");
    auto payment = parts_.commerce.Void(id);
    call.responder.Send(payment ? JsonAnswer(200, *payment) : Problem(payment.error()));
  });
  routes.Add("POST", "/control/event", [this](RouteCall call) { SendEvent(std::move(call)); });
  routes.Add("POST", "/control/reset", [this](RouteCall call) {
    auto body = ReadJsonBody(call.request);
    if (body) Reset();
    call.responder.Send(body ? Done() : Problem(body.error()));
  });
}

void Control::SendEvent(RouteCall call) {
  auto body = ReadJsonBody(call.request);
  auto event =
      body ? ReadEventCall(*body, parts_) : base::Result<ObolusCall>(std::unexpected(body.error()));
  if (!event) {
    call.responder.Send(Problem(event.error()));
    return;
  }
  parts_.link.PostOnce(std::move(*event), [responder = std::move(call.responder)](
                                              base::Result<net::HttpResponse> answer) mutable {
    if (!answer) {
      responder.Send(Problem(answer.error()));
      return;
    }
    responder.Send(
        JsonAnswer(200, json::object{{"status", answer->status}, {"body", answer->body}}));
  });
}

void Control::AddViews(Routes& routes) {
  routes.Add("GET", "/control/log", [this](RouteCall call) {
    const auto& query = call.request.query;
    auto after = Number(QueryParameter(query, "after"), 0);
    auto limit =
        std::min<std::uint64_t>(Number(QueryParameter(query, "limit"), 500), Journal::kMaxEntries);
    json::array entries;
    const auto last = parts_.journal.LastNumber();
    for (const auto& entry : parts_.journal.Read(after, limit, QueryParameter(query, "payment"),
                                                 QueryParameter(query, "about"))) {
      entries.push_back(ToJson(entry));
    }
    call.responder.Send(
        JsonAnswer(200, json::object{{"last", last}, {"entries", std::move(entries)}}));
  });
  routes.Add("GET", "/control/log/stream", [this](RouteCall call) { Stream(std::move(call)); });
  routes.Add("GET", "/control/guardian", [this](RouteCall call) {
    call.responder.Send(JsonAnswer(200, parts_.guardian.Report()));
  });
  routes.Add("GET", "/control/report",
             [this](RouteCall call) { call.responder.Send(JsonAnswer(200, Report())); });
}

void Control::Stream(RouteCall call) {
  const auto* last = call.request.headers.Find("last-event-id");
  auto after = Number(last ? *last : QueryParameter(call.request.query, "after"), 0);
  auto stream = call.responder.Start(
      {200, {{"content-type", "text/event-stream"}, {"cache-control", "no-store"}}, ""});
  if (!parts_.journal.Follow(stream, after)) stream->Close();
}

json::object Control::Report() const {
  json::object report = parts_.commerce.Report();
  for (const auto& member : parts_.events.Report()) report[member.key()] = member.value();
  report["outbound"] = parts_.outbound.Counts();
  return report;
}

void Control::Reset() {
  parts_.bridge.Play({});
  parts_.guardian.Reset();
  parts_.acs.Play({});
  parts_.commerce.Reset();
  parts_.payments.Reset();
  parts_.processor.Reset();
  parts_.outbound.Reset();
  parts_.events.Reset();
  parts_.journal.Clear();
}

}  // namespace obolus::sandbox
