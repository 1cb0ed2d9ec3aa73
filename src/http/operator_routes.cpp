#include "http/operator_routes.h"

#include <charconv>

#include "app/cancel_session.h"
#include "app/inspect.h"
#include "app/show_history.h"
#include "http/audit_routes.h"
#include "http/session_json.h"
#include "http/timeline_json.h"

namespace obolus::http {
namespace {

namespace json = base::json;
using base::ErrorCode;

json::value TimeOrNull(const std::optional<base::Timestamp>& time) {
  return time ? json::value(base::FormatTime(*time)) : json::value(nullptr);
}

json::value OrNull(const std::optional<std::string>& text) {
  return text ? json::value(*text) : json::value(nullptr);
}

void AnswerText(Exchange& exchange, int status, const char* type, std::string text) {
  exchange.Answer({.status = status,
                   .headers = {{"Content-Type", type}, {"Cache-Control", "no-store"}},
                   .body = std::move(text)});
}

// The value of one query parameter; "" when absent.
std::string_view QueryValue(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.substr(0, pair.find('=')) == name && pair.find('=') != std::string_view::npos) {
      return pair.substr(name.size() + 1);
    }
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return "";
}

base::Result<app::EventFilter> ReadFilter(std::string_view query) {
  app::EventFilter filter;
  std::vector<base::FieldError> faults;
  const std::string_view status = QueryValue(query, "status");
  for (auto known :
       {app::EventStatus::kPending, app::EventStatus::kDelivered, app::EventStatus::kParked}) {
    if (status == app::ToString(known)) filter.status = known;
  }
  if (!status.empty() && !filter.status) {
    faults.push_back({"", "status must be pending, delivered or parked"});
  }
  const std::string_view limit = QueryValue(query, "limit");
  if (!limit.empty()) {
    const auto end = limit.data() + limit.size();
    const auto read = std::from_chars(limit.data(), end, filter.limit);
    if (read.ec != std::errc() || read.ptr != end || filter.limit < 1 || filter.limit > 1000) {
      faults.push_back({"", "limit must be an integer from 1 to 1000"});
    }
  }
  if (!faults.empty()) return base::InvalidMembers(std::move(faults));
  return filter;
}

// Whether it went well or not: an id that is tried is worth a line too.
void Note(const OperatorContext& context, const Exchange& exchange, domain::AuditKind kind,
          std::string object, bool success) {
  domain::AuditRecord record = OperatorRecord(exchange, kind, std::move(object));
  record.success = success;
  context.services.audit.Record(std::move(record));
}

void List(const OperatorContext& context, Exchange exchange) {
  const auto filter = ReadFilter(exchange.request.query);
  if (!filter) return exchange.Refuse(filter.error());
  app::ListEvents(
      context.services, *filter,
      [&context,
       exchange = std::move(exchange)](base::Result<std::vector<app::OutboxEvent>> events) mutable {
        Note(context, exchange, domain::AuditKind::kEventShown, "events", events.has_value());
        if (!events) return exchange.Refuse(events.error());
        json::array items;
        for (const auto& event : *events) items.push_back(RenderEvent(event, false));
        exchange.Answer(JsonResponse(200, base::ToText({{"events", items}})));
      });
}

std::optional<base::Uuid> IdOf(Exchange& exchange) {
  const auto id = base::ParseUuid(exchange.Parameter("id"));
  if (id) return *id;
  exchange.Refuse({ErrorCode::kNotFound, "the id in the path is not a UUID", {}, std::nullopt});
  return std::nullopt;
}

void Show(const OperatorContext& context, Exchange exchange) {
  const auto id = IdOf(exchange);
  if (!id) return;
  app::ShowEvent(context.services, *id,
                 [&context, id = *id,
                  exchange = std::move(exchange)](base::Result<app::OutboxEvent> event) mutable {
                   Note(context, exchange, domain::AuditKind::kEventShown,
                        "event:" + base::ToString(id), event.has_value());
                   if (!event) return exchange.Refuse(event.error());
                   exchange.Answer(JsonResponse(200, base::ToText(RenderEvent(*event, true))));
                 });
}

void Replay(const OperatorContext& context, Exchange exchange) {
  const auto id = IdOf(exchange);
  if (!id) return;
  app::ReplayEvent(context.services, *id,
                   [&context, id = *id,
                    exchange = std::move(exchange)](base::Result<app::OutboxEvent> event) mutable {
                     Note(context, exchange, domain::AuditKind::kEventReplayed,
                          "event:" + base::ToString(id), event.has_value());
                     if (!event) return exchange.Refuse(event.error());
                     context.wake_relay();
                     exchange.Answer(JsonResponse(200, base::ToText(RenderEvent(*event, true))));
                   });
}

base::Done<app::SessionHistory> AnswerHistory(const OperatorContext& context, Exchange exchange,
                                              domain::AuditKind kind) {
  return [&context, kind,
          exchange = std::move(exchange)](base::Result<app::SessionHistory> history) mutable {
    Note(context, exchange, kind, "session:" + exchange.Parameter("id"), history.has_value());
    if (!history) return exchange.Refuse(history.error());
    json::object shown = RenderSession(history->session);
    AddRetries(shown, history->session, context.services.settings.policy,
               context.services.clock.Now());
    shown["related_session_id"] = history->related_id
                                      ? json::value(base::ToString(*history->related_id))
                                      : json::value(nullptr);
    shown["timeline"] = RenderTimeline(*history);
    exchange.Answer(JsonResponse(200, base::ToText(shown)));
  };
}

void Inspect(const OperatorContext& context, Exchange exchange) {
  const auto id = IdOf(exchange);
  if (!id) return;
  app::ShowHistory(
      context.services, *id,
      AnswerHistory(context, std::move(exchange), domain::AuditKind::kSessionInspected));
}

void Cancel(const OperatorContext& context, Exchange exchange) {
  const auto id = IdOf(exchange);
  if (!id) return;
  const app::CancelForShopper command{*id, CauseOf(exchange, domain::Side::kOperator)};
  app::Execute(context.services, command,
               AnswerHistory(context, std::move(exchange), domain::AuditKind::kSessionCancelled));
}

void Ready(const OperatorContext& context, Exchange exchange) {
  if (context.stopping) {
    return exchange.Refuse({ErrorCode::kUnavailable, "stopping", {}, std::nullopt});
  }
  if (auto healthy = context.services.store.CheckHealth(); !healthy) {
    return exchange.Refuse(
        {ErrorCode::kUnavailable, "the store: " + healthy.error().message, {}, std::nullopt});
  }
  AnswerText(exchange, 200, "text/plain; charset=utf-8", "ready\n");
}

// The outbox is counted when it is asked for; a store that is down leaves its gauges as they were.
void Measure(const OperatorContext& context, Exchange exchange) {
  app::CountOutbox(context.services, [&context, exchange = std::move(exchange)](
                                         const base::Result<app::OutboxCounts>& counts) mutable {
    if (counts) context.observe(*counts);
    AnswerText(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", context.metrics.Expose());
  });
}

}  // namespace

json::object RenderEvent(const app::OutboxEvent& event, bool with_body) {
  json::object rendered = {
      {"id", base::ToString(event.id)},
      {"session_id", base::ToString(event.session_id)},
      {"type", event.type},
      {"subject", event.subject},
      {"time", base::FormatTime(event.time)},
      {"status", app::ToString(event.status)},
      {"attempts", event.attempts},
      {"due_at", base::FormatTime(event.due_at)},
      {"settled_at", TimeOrNull(event.settled_at)},
      {"last_error",
       event.last_error.empty() ? json::value(nullptr) : json::value(event.last_error)},
      {"traceparent", event.traceparent},
      {"request_id", event.request_id},
  };
  if (with_body) {
    auto body = base::ParseJson(event.body);
    rendered["body"] = body ? std::move(*body) : json::value(event.body);
  }
  return rendered;
}

json::object RenderSession(const domain::Session& session) {
  const auto failure = session.failure ? json::value(domain::ToString(*session.failure)) : nullptr;
  return {
      {"id", base::ToString(session.id)},
      {"kind", domain::ToString(session.kind)},
      {"state", domain::ToString(session.state)},
      {"version", session.version},
      {"terminal_id", base::ToString(session.terminal_id)},
      {"payment_terminal_id", session.payment_terminal_id
                                  ? json::value(base::ToString(*session.payment_terminal_id))
                                  : json::value(nullptr)},
      {"created_at", base::FormatTime(session.created_at)},
      {"expires_at", base::FormatTime(session.expires_at)},
      {"ended_at", TimeOrNull(session.ended_at)},
      {"failure", failure},
      {"commerce_state", session.commerce_state
                             ? json::value(domain::ToString(*session.commerce_state))
                             : json::value(nullptr)},
      {"voided_after_end", session.voided_after_end},
      {"attempts", session.attempts},
      {"has_challenge", session.challenge.has_value()},
      {"card_session_id",
       session.card_session ? json::value(session.card_session->id) : json::value(nullptr)},
      {"payment_id", OrNull(session.payment.id)},
      {"order_id", OrNull(session.payment.order_id)},
      {"merchant", OrNull(session.merchant.name)},
      {"traceparent", session.traceparent},
      {"request_id", session.request_id},
  };
}

void AddOperatorRoutes(Router& router, OperatorContext context) {
  const auto shared = std::make_shared<const OperatorContext>(std::move(context));
  using Action = void (*)(const OperatorContext&, Exchange);
  const auto add = [&](const char* method, const char* pattern, Action action) {
    router.Add(
        {.method = method, .pattern = pattern, .handler = [shared, action](Exchange exchange) {
           action(*shared, std::move(exchange));
         }});
  };
  add("GET", "/healthz", [](const OperatorContext&, Exchange exchange) {
    AnswerText(exchange, 200, "text/plain; charset=utf-8", "alive\n");
  });
  add("GET", "/readyz", Ready);
  add("GET", "/metrics", Measure);
  add("GET", "/events", List);
  add("GET", "/events/{id}", Show);
  add("POST", "/events/{id}/replay", Replay);
  add("GET", "/sessions/{id}", Inspect);
  add("POST", "/sessions/{id}/cancel", Cancel);
}

}  // namespace obolus::http
