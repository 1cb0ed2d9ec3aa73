#include "app/cloud_event.h"

#include <algorithm>

#include "base/trace.h"

namespace obolus::app {
namespace {

namespace json = base::json;
using domain::OutboundEvent;

json::value OrNull(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object CardSessionData(const domain::CardSession& card_session) {
  const domain::MaskedCard& card = card_session.card;
  return {
      {"id", card_session.id},
      {"provider", card_session.provider},
      {"tds_return_url", card_session.tds_return_url},
      {"valid_until", base::FormatTime(card_session.valid_until)},
      {"data",
       {{"card_holder", OrNull(card.card_holder)},
        {"card_network", domain::SpellingOf(card.network).event},
        {"expiration_month", card.expiry_month},
        {"expiration_year", card.expiry_year},
        {"first_six", card.first_six},
        {"last_four", card.last_four}}},
  };
}

json::object DataOf(OutboundEvent event, const domain::Session& session, const Settings& settings) {
  const std::string terminal_id = base::ToString(session.terminal_id);
  switch (event) {
    case OutboundEvent::kCardSessionCreated:
      return {{"terminal_id", terminal_id},
              {"card_session", CardSessionData(*session.card_session)}};
    case OutboundEvent::kCardSessionFailed: {
      const auto code = session.failure.value_or(domain::FailureCode::kProviderUnavailable);
      return {{"terminal_id", terminal_id},
              {"reason", {{"code", domain::ToString(code)}, {"message", domain::MessageOf(code)}}}};
    }
    case OutboundEvent::kTdsResult: {
      json::object data = {{"tds_terminal_id", terminal_id}};
      if (settings.terminal_id_in_tds_result && session.payment_terminal_id) {
        data["terminal_id"] = base::ToString(*session.payment_terminal_id);
      }
      return data;
    }
  }
  return {};
}

std::string ChildTrace(const std::string& traceparent, base::IdSource& ids) {
  const auto parent = base::ParseTraceParent(traceparent);
  return base::FormatTraceParent(parent ? base::ChildOf(*parent, ids) : base::NewTrace(ids));
}

void AddSubject(std::vector<Uuid>& subjects, std::string_view text) {
  const auto id = base::ParseUuid(text);
  if (id && std::ranges::find(subjects, *id) == subjects.end()) subjects.push_back(*id);
}

Result<domain::InboundEvent> FactOf(const CloudEvent& event) {
  if (event.type == "CompleteTDSSession") {
    std::vector<base::FieldError> faults;
    const auto result = base::FindString(event.data, "/result");
    if (result != "SUCCESS" && result != "FAILED") {
      faults.push_back({"/data/result", "must be SUCCESS or FAILED"});
    }
    const auto id = base::ParseUuid(base::FindString(event.data, "/tds_terminal_id").value_or(""));
    if (!id) faults.push_back({"/data/tds_terminal_id", "must be a UUID"});
    if (!faults.empty()) return base::InvalidMembers(std::move(faults));
    return domain::CompleteTdsSession{*id, result == "SUCCESS"};
  }
  if (event.type == "SessionVoided") return domain::SessionVoided{};
  if (event.type == "StateChanged") {
    const auto state =
        domain::ParseCommerceState(base::FindString(event.data, "/state").value_or(""));
    if (!state) {
      return base::Invalid("/data/state", "must be accepted, authorized, completed or failed");
    }
    return domain::StateChanged{*state};
  }
  return domain::UnknownEvent{};
}

}  // namespace

OutboxEvent FreezeEvent(OutboundEvent event, const domain::Session& session,
                        const Services& services, Timestamp now) {
  return {
      .id = services.ids.NewOrderedUuid(now),
      .session_id = session.id,
      .type = std::string(domain::ToString(event)),
      .subject = base::ToString(session.terminal_id),
      .traceparent = ChildTrace(session.traceparent, services.ids),
      .request_id = session.request_id,
      .time = now,
      .body = base::ToText(DataOf(event, session, services.settings)),
      .due_at = now,
      .first_due_at = now,
      .settled_at = std::nullopt,
      .last_error = {},
  };
}

Result<Interpreted> Interpret(const CloudEvent& event) {
  auto fact = FactOf(event);
  if (!fact) return std::unexpected(fact.error());
  Interpreted interpreted{*fact, {}, base::FindString(event.data, "/session_key")};
  if (const auto* complete = std::get_if<domain::CompleteTdsSession>(&interpreted.event)) {
    interpreted.subjects.push_back(complete->tds_terminal_id);  // the only id that counts here
    return interpreted;
  }
  for (const char* member : {"/tds_terminal_id", "/terminal_id", "/session_id", "/payment_id"}) {
    if (const auto text = base::FindString(event.data, member)) {
      AddSubject(interpreted.subjects, *text);
    }
  }
  if (event.subject) AddSubject(interpreted.subjects, *event.subject);
  return interpreted;
}

}  // namespace obolus::app
