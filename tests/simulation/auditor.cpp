#include "simulation/auditor.h"

#include <algorithm>
#include <chrono>

namespace obolus::simulation {
namespace {

using base::Uuid;
using domain::Session;
using domain::SessionKind;
using domain::SessionState;

constexpr std::chrono::hours kGiveUpAfter{72};

void Require(bool holds, const char* invariant, const std::string& detail) {
  if (!holds) throw Violation{invariant, detail};
}

std::string Name(const Session& session) {
  return std::string(domain::ToString(session.kind)) + " session " + base::ToString(session.id) +
         " (" + std::string(domain::ToString(session.state)) + ")";
}

bool IsNamed(const Session& session, const std::set<Uuid>& subjects) {
  if (subjects.contains(session.terminal_id) || subjects.contains(session.id)) return true;
  const auto payment_id = domain::PaymentIdOf(session);
  return payment_id && subjects.contains(*payment_id);
}

int CountOf(const std::map<std::string, int>& events, const char* type) {
  const auto found = events.find(type);
  return found == events.end() ? 0 : found->second;
}

bool IsFrozenAlike(const app::OutboxEvent& a, const app::OutboxEvent& b) {
  return a.id == b.id && a.session_id == b.session_id && a.type == b.type &&
         a.subject == b.subject && a.traceparent == b.traceparent && a.time == b.time &&
         a.body == b.body;
}

}  // namespace

void Auditor::Stepped(const std::vector<Session>& saved) {
  for (const Session& session : saved) {
    const auto before = stepped_.find(session.id);
    if (before != stepped_.end()) {
      const auto* row = RowBetween(before->second, session);
      Require(row != nullptr, "every change is a row of the table", Name(session));
      terms_.coverage.CountRow(*row);
      CheckAttempt(before->second, session);
    }
    if (session.state == SessionState::kReturned) returned_.insert(session.id);
    if (session.state == SessionState::kExpired) {
      Require(*session.ended_at >= session.expires_at, "no session expires early", Name(session));
    }
    if (session.state == SessionState::kCancelled) {
      Require(*session.ended_at < session.expires_at, "no shopper acts late", Name(session));
    }
    stepped_.insert_or_assign(session.id, session);
  }
}

// By the policy as it is written, apart from the code that follows it.
void Auditor::CheckAttempt(const Session& before, const Session& after) {
  const domain::Policy& policy = terms_.policy;
  if (after.failure == domain::FailureCode::kAttemptsExhausted) {
    Require(policy.max_attempts != 0 && after.attempts >= policy.max_attempts,
            "a session fails because of attempts when they are used up", Name(after));
  }
  if (after.attempts == before.attempts) return;
  Require(after.attempts == before.attempts + 1 && after.refused_at.has_value(),
          "a refusal counts once", Name(after));
  Require(policy.max_attempts == 0 || before.attempts < policy.max_attempts,
          "no attempt is counted beyond the last", Name(after));
  if (before.attempts == 0 || policy.cool_downs.empty() || before.state != SessionState::kOpen) {
    return;
  }
  const auto wanted = policy.cool_downs[std::min(static_cast<std::size_t>(before.attempts),
                                                 policy.cool_downs.size()) -
                                        1];
  Require(wanted.count() == 0 || *after.refused_at - *before.refused_at >= wanted,
          "no attempt is counted while the session cools down", Name(after));
}

void Auditor::Look(const storage::MemoryTables& tables) {
  std::vector<Uuid> changed;
  LookAtSessions(tables.sessions, changed);
  LookAtEvents(tables.events, changed);
  CheckPromises(tables);
  for (const Uuid& id : changed) {
    const auto seen = sessions_.find(id);
    if (seen == sessions_.end()) {
      Require(strangers_.contains(id), "an event has its session", base::ToString(id));
      continue;
    }
    CheckOutcome(seen->second);
    CheckCards(seen->second, tables);
    CheckClosed(seen->second.last);
  }
}

void Auditor::LookAtSessions(const storage::SessionTable& sessions, std::vector<Uuid>& changed) {
  std::size_t count = 0;
  for (const auto* order : {&sessions.due(), &sessions.ended()}) {
    for (const auto& [time, id] : *order) {
      ++count;
      const Session& stored = *sessions.Find(id);
      SeenSession& seen = sessions_[id];
      if (stored.version == seen.last.version && seen.last.id == id) continue;
      const bool is_new = seen.last.id != id;
      Require(is_new || stored.version > seen.last.version, "a session never goes back",
              Name(stored));
      if (is_new && same_.contains(stored.request_id)) {
        const auto [other, first] = session_of_.emplace(stored.request_id, id);
        Require(first || other->second == id, "repeated requests open one session", Name(stored));
      }
      seen.last = stored;
      changed.push_back(id);
    }
  }
  Require(count == sessions_.size(), "no session is lost", std::to_string(sessions_.size()));
}

void Auditor::LookAtEvents(const storage::EventTable& events, std::vector<Uuid>& changed) {
  Require(events.rows().size() >= events_.size(), "no event is lost", "");
  for (const auto& [seq, row] : events.rows()) {
    const auto found = events_.find(row.id);
    if (found == events_.end()) {
      NewEvent(row);
      changed.push_back(row.session_id);
    } else {
      ChangedEvent(found->second, row);
    }
  }
  Require(events.rows().size() == events_.size(), "no event is lost", "");
}

void Auditor::NewEvent(const app::OutboxEvent& row) {
  events_[row.id].row = row;
  by_session_[row.session_id].push_back(row.id);
  const auto found = sessions_.find(row.session_id);
  if (found == sessions_.end()) return;
  const Session& session = found->second.last;
  ++found->second.events[row.type];
  Require(!IsNamed(session, voided_), "no event is made after an acknowledged void",
          row.type + " of " + Name(session));
  Require(row.subject == base::ToString(session.terminal_id) && row.body.contains(row.subject),
          "an event names its terminal", row.body);
  if (session.kind == SessionKind::kPayment) {
    Require(session.ended_at == row.time, "an event has the time of its change", row.body);
  }
}

void Auditor::ChangedEvent(SeenEvent& seen, const app::OutboxEvent& row) const {
  app::OutboxEvent& before = seen.row;
  if (before.lease == row.lease && before.attempts == row.attempts && before.status == row.status &&
      before.due_at == row.due_at) {
    return;
  }
  const std::string name = row.type + " " + base::ToString(row.id);
  Require(IsFrozenAlike(before, row), "an event's bytes, id and time never change", name);
  Require(before.status == app::EventStatus::kPending, "a settled event stays settled", name);
  Require(row.attempts >= before.attempts && row.lease >= before.lease, "attempts only grow", name);
  if (row.status == app::EventStatus::kDelivered) {
    Require(seen.accepted, "delivered means that Commerce has it", name);
  }
  if (row.status == app::EventStatus::kParked) {
    Require(seen.refused || *row.settled_at - row.first_due_at >= kGiveUpAfter,
            "an event is parked by rule only", name);
  }
  before = row;
}

void Auditor::CheckPromises(const storage::MemoryTables& tables) const {
  for (const auto& [id, version] : promised_) {
    const auto found = sessions_.find(id);
    Require(found != sessions_.end() && found->second.last.version >= version,
            "what was answered is durable", "session " + base::ToString(id));
  }
  for (const auto& name : acknowledged_) {
    Require(tables.received_ids.contains(name), "an acknowledged event is durable", name.second);
  }
}

// The rows of the outbox are those that the session's state and its past call for.
void Auditor::CheckOutcome(const SeenSession& seen) const {
  const Session& session = seen.last;
  const int created = CountOf(seen.events, "CardSessionCreated");
  const int failed = CountOf(seen.events, "CardSessionFailed");
  const int results = CountOf(seen.events, "TDSResult");
  Require(created + failed + results <= 1, "at most one outcome", Name(session));
  int wants_created = 0;
  int wants_failed = 0;
  int wants_result = 0;
  const SessionState state = session.state;
  if (session.kind == SessionKind::kPayment) {
    wants_created = state == SessionState::kCreated ? 1 : 0;
    const bool tells =
        state == SessionState::kExpired && terms_.policy.card_session_failed_on_expiry;
    wants_failed =
        state == SessionState::kFailed || state == SessionState::kCancelled || tells ? 1 : 0;
  } else {
    const bool asks = state == SessionState::kExpired && terms_.policy.tds_result_on_expiry;
    wants_result = returned_.contains(session.id) || asks ? 1 : 0;
  }
  Require(created == wants_created && failed == wants_failed && results == wants_result,
          "an event stands in the outbox exactly when its change is stored", Name(session));
}

// A card that is of use is kept, one that is of none is not.
void Auditor::CheckCards(const SeenSession& seen, const storage::MemoryTables& tables) const {
  const Session& session = seen.last;
  if (session.kind != SessionKind::kPayment) return;
  const auto kept = std::ranges::count_if(
      tables.cards, [&](const auto& card) { return card.second.session_id == session.id; });
  const bool over = session.voided_after_end ||
                    session.commerce_state.value_or(domain::CommerceState::kAccepted) !=
                        domain::CommerceState::kAccepted;
  if (session.state != SessionState::kCreated || terms_.remote_vault) {
    Require(kept == 0, "only a taken card is kept", Name(session));
  } else if (over) {
    Require(kept == 0, "a card that is of no more use is destroyed", Name(session));
  } else if (session.card_session->valid_until > terms_.latest_wall) {
    Require(kept == 1, "a taken card is kept", Name(session));
  }
  if (session.state == SessionState::kCreated && terms_.remote_vault) {
    Require(vaulted_.contains({session.id, session.card_session->id}),
            "the vault has the card that an event names", Name(session));
  }
}

void Auditor::CheckClosed(const Session& session) const {
  const bool is_voided = IsNamed(session, voided_);
  const bool is_completed =
      session.kind == SessionKind::kTds && completed_.contains(session.terminal_id);
  if (!is_voided && !is_completed) return;
  Require(domain::IsEnd(session.kind, session.state), "Commerce's word closes a session",
          Name(session));
  const bool has_outcome =
      session.state == SessionState::kCreated || session.state == SessionState::kSucceeded ||
      (session.state == SessionState::kFailed && session.kind == SessionKind::kTds);
  Require(!is_voided || !has_outcome || session.voided_after_end, "a late void is noted",
          Name(session));
}

void Auditor::Shown(const Session& session) {
  auto& version = promised_[session.id];
  version = std::max(version, session.version);
}

void Auditor::Opened(const std::string& request_id, bool keyed, const app::OpenedSession& opened) {
  Shown(opened.session);
  if (keyed) {
    const auto [first, is_new] = opened_.emplace(request_id, opened.key);
    Require(is_new || first->second == opened.key, "a replay answers the same session key",
            Name(opened.session));
  }
  const auto session = session_of_.emplace(request_id, opened.session.id).first;
  Require(session->second == opened.session.id, "repeated requests open one session",
          Name(opened.session));
}

void Auditor::Acknowledged(const app::CloudEvent& event, const std::vector<Uuid>& subjects) {
  acknowledged_.emplace(event.source, event.id);
  std::set<Uuid>* closed = nullptr;
  if (event.type == "SessionVoided") closed = &voided_;
  if (event.type == "CompleteTDSSession") closed = &completed_;
  if (closed == nullptr) return;
  closed->insert(subjects.begin(), subjects.end());
  for (const auto& [id, seen] : sessions_) CheckClosed(seen.last);
}

void Auditor::Arrived(const app::OutboxEvent& event, base::Millis now, bool clocks_agree) {
  const auto found = events_.find(event.id);
  Require(found != events_.end(), "only committed events are sent",
          event.type + " " + base::ToString(event.id));
  SeenEvent& seen = found->second;
  Require(IsFrozenAlike(seen.row, event), "every attempt sends the same bytes, id and time",
          event.type + " " + base::ToString(event.id));
  const std::int64_t minute = now / std::chrono::minutes(1);
  seen.in_minute = minute == seen.minute && clocks_agree ? seen.in_minute + 1 : 1;
  seen.minute = minute;
  Require(seen.in_minute <= 40, "no storm of attempts", base::ToString(event.id));
  if (seen.accepted) return;
  for (const Uuid& earlier : by_session_.at(event.session_id)) {
    if (earlier == event.id) break;
    const SeenEvent& other = events_.at(earlier);
    Require(other.accepted || other.row.status == app::EventStatus::kParked,
            "events of one session arrive in their order", base::ToString(event.id));
  }
}

}  // namespace obolus::simulation
