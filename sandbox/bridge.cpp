#include "sandbox/bridge.h"

#include <utility>
#include <vector>

#include "sandbox/cloud_event.h"
#include "sandbox/problem.h"

namespace obolus::sandbox {
namespace {

std::string HeaderOr(const net::HttpRequest& request, std::string_view name,
                     std::string_view fallback) {
  const auto* value = request.headers.Find(name);
  return value ? *value : std::string(fallback);
}

std::string Reason(const base::Error& error) {
  if (error.fields.empty()) return error.message;
  std::string out;
  for (const auto& field : error.fields) {
    if (!out.empty()) out += "; ";
    out += field.pointer + ": " + field.detail;
  }
  return out;
}

// The terminal that an event speaks of, well-formed or not; "" when none can be read.
std::string TerminalOf(const net::HttpRequest& request) {
  auto body = base::ParseJson(request.body);
  if (!body) return "";
  for (std::string_view pointer : {"/terminal_id", "/tds_terminal_id"}) {
    if (auto id = base::FindString(*body, pointer)) return *id;
  }
  return "";
}

}  // namespace

base::Result<BridgeScript> ReadBridgeScript(const base::json::object& body) {
  std::vector<base::FieldError> faults;
  base::JsonReader reader(body, "", &faults);
  BridgeScript script;
  script.times = reader.Integer("times", 0, 1'000'000).value_or(1);
  if (auto answer = reader.Integer("answer", 200, 599)) script.answer = static_cast<int>(*answer);
  script.retry_after_s = reader.Integer("retry_after", 0, 86'400).value_or(-1);
  script.delay_ms = reader.Integer("delay_ms", 0, 120'000).value_or(0);
  script.reset = reader.Boolean("reset").value_or(false);
  script.apply = reader.Boolean("apply").value_or(false);
  script.about = reader.String("about").value_or("");
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return script;
}

void Bridge::Play(BridgeScript script) {
  std::lock_guard lock(mutex_);
  if (script.times > 0) {
    scripts_[script.about] = std::move(script);
  } else if (script.about.empty()) {
    scripts_.clear();
  } else {
    scripts_.erase(script.about);
  }
}

BridgeScript Bridge::NextOfScript(const std::string& terminal_id) {
  std::lock_guard lock(mutex_);
  auto found = scripts_.find(terminal_id);
  if (found == scripts_.end()) found = scripts_.find("");
  if (found == scripts_.end()) return {};
  auto now = found->second;
  if (--found->second.times == 0) scripts_.erase(found);
  now.times = 1;
  return now;
}

void Bridge::Handle(const net::HttpRequest& request, net::Responder responder) {
  if (request.path != "/events") {
    responder.Send(Problem(404, "NOT_FOUND", "The event bridge is at /events."));
    return;
  }
  if (request.method != "POST") {
    auto answer = Problem(405, "METHOD_NOT_ALLOWED", "The event bridge answers POST.");
    answer.headers.Add("allow", "POST");
    responder.Send(std::move(answer));
    return;
  }
  const auto& certificate = request.peer.certificate;
  if (!certificate || !allowed_names_.contains(certificate->subject_common_name)) {
    events_.Refuse("a client certificate that is not allowed");
    responder.Send(Problem(403, "FORBIDDEN", "This client certificate is not allowed here."));
    return;
  }
  auto script = NextOfScript(TerminalOf(request));
  auto verdict = Judge(request, script);
  Record(request, verdict);  // before its effects, so that the journal tells the story in order
  if (verdict.act_on) commerce_.Receive(*verdict.act_on);
  if (script.delay_ms == 0) {
    Answer(std::move(verdict), script, std::move(responder));
    return;
  }
  scheduler_.After(base::Millis(script.delay_ms), [this, script, verdict = std::move(verdict),
                                                   responder = std::move(responder)]() mutable {
    Answer(std::move(verdict), script, std::move(responder));
  });
}

Bridge::Verdict Bridge::Judge(const net::HttpRequest& request, const BridgeScript& script) {
  auto event = ReadEvent(request);
  if (!event) {
    std::string reason = Reason(event.error());
    events_.Refuse(HeaderOr(request, "ce-type", "an event") + ": " + reason);
    auto answer = Problem(event.error());
    answer.status = event.error().code == base::ErrorCode::kUnsupportedMediaType ? 415 : 400;
    return {std::move(answer), "refused: " + reason, TerminalOf(request), std::nullopt};
  }
  const bool refuses = script.reset || script.answer >= 300;
  const bool acts = script.apply || !refuses;
  auto reception = events_.Take(*event, HeaderOr(request, "ce-time", ""), request.body, acts);
  if (reception == Reception::kChanged) {
    return {Problem(400, "EVENT_CHANGED", "This event came before with other bytes."),
            "refused: changed since its first delivery", event->terminal_id, std::nullopt};
  }
  net::HttpResponse accepted{204, {}, ""};
  if (reception == Reception::kDuplicate) {
    return Scripted({std::move(accepted), "duplicate", event->terminal_id, std::nullopt}, script);
  }
  Verdict verdict{std::move(accepted), acts ? "accepted" : "not accepted", event->terminal_id,
                  std::nullopt};
  if (acts) verdict.act_on = std::move(*event);
  return Scripted(std::move(verdict), script);
}

Bridge::Verdict Bridge::Scripted(Verdict verdict, const BridgeScript& script) const {
  if (script.times == 0) return verdict;
  verdict.text += ", scripted";
  if (script.reset) verdict.text += " reset";
  if (script.answer == 0) return verdict;
  verdict.answer.status = script.answer;
  if (script.retry_after_s >= 0) {
    verdict.answer.headers.Add("retry-after", std::to_string(script.retry_after_s));
  }
  return verdict;
}

void Bridge::Record(const net::HttpRequest& request, const Verdict& verdict) {
  JournalEntry entry;
  entry.payment_id = commerce_.PaymentOf(verdict.terminal_id);
  entry.from = "obolus";
  entry.to = "commerce";
  entry.kind = "event";
  entry.title = HeaderOr(request, "ce-type", "an event without ce-type");
  entry.status = verdict.answer.status;
  entry.verdict = verdict.text;
  entry.headers = request.headers;
  entry.body = request.body;
  entry.answer_headers = verdict.answer.headers;
  entry.answer_body = verdict.answer.body;
  journal_.Add(std::move(entry));
}

void Bridge::Answer(Verdict verdict, const BridgeScript& script, net::Responder responder) {
  if (script.reset) {
    responder.Cut();
  } else {
    responder.Send(std::move(verdict.answer));
  }
}

}  // namespace obolus::sandbox
