#include "app/receive_event.h"

#include <algorithm>
#include <iterator>

#include "app/commit_decision.h"
#include "base/log.h"

namespace obolus::app {
namespace {

using domain::Session;
using domain::SessionKind;

// The kinds of session that an event can be about, the most likely first.
std::vector<SessionKind> KindsFor(const domain::InboundEvent& event) {
  if (std::holds_alternative<domain::CompleteTdsSession>(event)) return {SessionKind::kTds};
  return {SessionKind::kPayment, SessionKind::kTds};
}

domain::Command CommandFor(const domain::InboundEvent& event) {
  if (const auto* complete = std::get_if<domain::CompleteTdsSession>(&event)) {
    return domain::CompleteChallenge{complete->success};
  }
  if (const auto* changed = std::get_if<domain::StateChanged>(&event)) {
    return domain::AnnotateState{changed->state};
  }
  return domain::Void{};
}

bool Contradicts(const Session& session, const domain::InboundEvent& event) {
  const auto* complete = std::get_if<domain::CompleteTdsSession>(&event);
  return complete != nullptr &&
         session.state ==
             (complete->success ? domain::SessionState::kFailed : domain::SessionState::kSucceeded);
}

// Commerce's word on a session. A refusal by the machine is no fault of Commerce's: it came too
// late, or says the contrary of what it said before. Both are kept on the timeline.
Result<Reception> ApplyTo(Transaction& tx, const Services& services, const Session& session,
                          const domain::InboundEvent& event, const Occasion& occasion) {
  auto decision =
      domain::Decide(session, CommandFor(event), services.settings.policy, occasion.now);
  if (!decision) {
    const bool conflict = Contradicts(session, event);
    auto noted = NoteOnTimeline(tx, session, conflict ? "conflict" : "event_too_late", occasion);
    if (!noted) return std::unexpected(noted.error());
    return conflict ? Reception::kConflict : Reception::kNoEffect;
  }
  if (auto committed = CommitDecision(tx, services, *decision, occasion); !committed) {
    return std::unexpected(committed.error());
  }
  return decision->changed ? Reception::kApplied : Reception::kNoEffect;
}

domain::Details DetailsOf(const std::string& type, const std::string& source, const std::string& id,
                          const base::json::value& data) {
  domain::Details details = {{"ce_type", type}, {"ce_source", source}, {"ce_id", id}};
  for (const char* member : {"result", "state"}) {
    if (auto text = base::FindString(data, std::string("/") + member)) {
      details.emplace_back(member, std::move(*text));
    }
  }
  return details;
}

// The sessions that one id of an event names.
Result<std::vector<Session>> FindNamed(Transaction& tx, const Uuid& subject,
                                       const domain::InboundEvent& event) {
  std::vector<Result<std::optional<Session>>> found;
  for (auto kind : KindsFor(event)) found.push_back(tx.FindByTerminal(kind, subject));
  if (!std::holds_alternative<domain::CompleteTdsSession>(event)) {
    found.push_back(tx.FindSession(subject));
    found.push_back(tx.FindByPayment(subject));
  }
  std::vector<Session> named;
  for (auto& session : found) {
    if (!session) return std::unexpected(session.error());
    if (*session) named.push_back(std::move(**session));
  }
  return named;
}

Result<bool> KnowsAll(Transaction& tx, const std::vector<Uuid>& subjects,
                      const domain::InboundEvent& event) {
  for (const Uuid& subject : subjects) {
    auto named = FindNamed(tx, subject, event);
    if (!named) return std::unexpected(named.error());
    if (named->empty()) return false;
  }
  return true;
}

struct Matches {
  std::vector<Session> sessions;
  // Each id has its session. Otherwise the event is kept for those that open later, whatever it
  // did already: a void of a payment and its challenge must reach both in any order.
  bool all_known = true;
};

Result<Matches> Match(Transaction& tx, const Services& services, const Interpreted& interpreted) {
  Matches matches;
  const auto add = [&matches](Session session) {
    const bool known = std::ranges::any_of(
        matches.sessions, [&](const Session& match) { return match.id == session.id; });
    if (!known) matches.sessions.push_back(std::move(session));
  };
  if (interpreted.session_key) {
    for (auto purpose : {KeyPurpose::kPayment, KeyPurpose::kTds}) {
      const auto id = services.keys.Open(purpose, *interpreted.session_key);
      if (!id) continue;
      auto session = tx.FindSession(*id);
      if (!session) return std::unexpected(session.error());
      if (*session) add(std::move(**session));
    }
  }
  for (const Uuid& subject : interpreted.subjects) {
    auto named = FindNamed(tx, subject, interpreted.event);
    if (!named) return std::unexpected(named.error());
    if (named->empty()) matches.all_known = false;
    for (Session& session : *named) add(std::move(session));
  }
  return matches;
}

// What has to be known to apply the event later. Only members without secrets.
std::string Essence(const CloudEvent& event) {
  base::json::object essence;
  for (const char* member : {"result", "state", "tds_terminal_id"}) {
    if (const auto text = base::FindString(event.data, std::string("/") + member)) {
      essence[member] = *text;
    }
  }
  return base::ToText(essence);
}

struct Received {
  Reception reception = Reception::kNoEffect;
  std::vector<Session> contradicted{};
};

// Somebody has to look at it: Commerce said that a challenge succeeded, and that it failed.
void LogConflicts(const Received& received, const CloudEvent& event) {
  const std::string second = base::FindString(event.data, "/result").value_or("");
  for (const Session& session : received.contradicted) {
    const std::string id = base::ToString(session.id);
    const std::string terminal = base::ToString(session.terminal_id);
    base::Log(base::LogLevel::kError, "event_conflict",
              {{base::Field::kSessionId, id},
               {base::Field::kTerminalId, terminal},
               {base::Field::kState, ToString(session.state)},
               {base::Field::kOutcome, second},
               {base::Field::kEventType, event.type},
               {base::Field::kEventId, event.id}});
  }
}

Result<Received> Receive(Transaction& tx, const Services& services, const CloudEvent& event,
                         const Interpreted& interpreted, Timestamp now) {
  const bool unknown = std::holds_alternative<domain::UnknownEvent>(interpreted.event);
  Matches matches;
  if (!unknown) {
    auto matched = Match(tx, services, interpreted);
    if (!matched) return std::unexpected(matched.error());
    matches = std::move(*matched);
  }
  auto inserted = tx.InsertReceived({
      .source = event.source,
      .id = event.id,
      .type = event.type,
      .subjects = interpreted.subjects,
      .data = Essence(event),
      .applied = unknown || (matches.all_known && !matches.sessions.empty()),
      .received_at = now,
  });
  if (!inserted) return std::unexpected(inserted.error());
  if (!*inserted) return Received{Reception::kDuplicate};
  if (unknown) return Received{Reception::kIgnored};
  if (matches.sessions.empty()) return Received{Reception::kUnmatched};
  Received received;
  Reception& reception = received.reception;
  const Occasion occasion{now, event.cause,
                          DetailsOf(event.type, event.source, event.id, event.data)};
  for (const Session& session : matches.sessions) {
    auto applied = ApplyTo(tx, services, session, interpreted.event, occasion);
    if (!applied) return std::unexpected(applied.error());
    if (reception != Reception::kApplied && *applied != Reception::kNoEffect) reception = *applied;
    if (*applied == Reception::kConflict) received.contradicted.push_back(session);
  }
  return received;
}

// What came about the session's terminal or its payment, in order of arrival.
Result<std::vector<ReceivedEvent>> FindEarlier(Transaction& tx, const Session& session) {
  auto earlier = tx.FindUnapplied(session.terminal_id);
  const auto payment_id = domain::PaymentIdOf(session);
  if (!earlier || !payment_id) return earlier;
  auto about_payment = tx.FindUnapplied(*payment_id);
  if (!about_payment) return about_payment;
  std::erase_if(*about_payment, [&](const ReceivedEvent& event) {
    return std::ranges::find(*earlier, event) != earlier->end();
  });
  std::vector<ReceivedEvent> both;
  std::ranges::merge(*earlier, *about_payment, std::back_inserter(both), {},
                     &ReceivedEvent::received_at, &ReceivedEvent::received_at);
  return both;
}

}  // namespace

std::string_view ToString(Reception reception) {
  switch (reception) {
    case Reception::kApplied:
      return "applied";
    case Reception::kDuplicate:
      return "duplicate";
    case Reception::kNoEffect:
      return "no_effect";
    case Reception::kConflict:
      return "conflict";
    case Reception::kUnmatched:
      return "unmatched";
    case Reception::kIgnored:
      return "ignored";
  }
  return "";
}

void ReceiveEvent(const Services& services, CloudEvent event, base::Done<Reception> done) {
  auto interpreted = Interpret(event);
  if (!interpreted) return done(std::unexpected(interpreted.error()));
  const Timestamp now = services.clock.Now();
  auto kept = std::make_shared<const CloudEvent>(std::move(event));
  Transact<Received>(
      services.store,
      [&services, now, kept, interpreted = std::move(*interpreted)](Transaction& tx) {
        return Receive(tx, services, *kept, interpreted, now);
      },
      [kept, done = std::move(done)](Result<Received> received) mutable {
        if (!received) return done(std::unexpected(std::move(received.error())));
        LogConflicts(*received, *kept);
        done(received->reception);
      });
}

Result<Session> ApplyEarlierEvents(Transaction& tx, const Services& services, Session session,
                                   Timestamp now) {
  auto earlier = FindEarlier(tx, session);
  if (!earlier) return std::unexpected(earlier.error());
  for (const ReceivedEvent& received : *earlier) {
    const auto data = base::ParseJson(received.data);
    const base::json::value known = data ? *data : base::json::value(nullptr);
    const auto interpreted =
        Interpret({received.source, received.id, received.type, std::nullopt, known});
    if (!interpreted) continue;
    const auto kinds = KindsFor(interpreted->event);
    if (std::ranges::find(kinds, session.kind) == kinds.end()) continue;
    Occasion occasion{now,
                      {.side = domain::Side::kCommerce},
                      DetailsOf(received.type, received.source, received.id, known)};
    occasion.details.emplace_back("received_at", base::FormatTime(received.received_at));
    auto applied = ApplyTo(tx, services, session, interpreted->event, occasion);
    if (!applied) return std::unexpected(applied.error());
    auto all_known = KnowsAll(tx, received.subjects, interpreted->event);
    if (!all_known) return std::unexpected(all_known.error());
    if (*all_known) {
      auto marked = tx.MarkApplied(received.source, received.id);
      if (!marked) return std::unexpected(marked.error());
    }
    auto current = Load(tx, session.id);
    if (!current) return current;
    session = std::move(*current);
  }
  return session;
}

}  // namespace obolus::app
