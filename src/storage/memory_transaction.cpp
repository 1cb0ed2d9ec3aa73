#include "storage/memory_transaction.h"

#include <algorithm>
#include <ranges>

#include "storage/memory_rows.h"

namespace obolus::storage {
namespace {

constexpr std::int64_t kMillisPerHour = 3'600'000;

using base::Result;
using base::Status;
using base::Timestamp;
using base::Uuid;

std::unexpected<base::Error> ReadOnly() {
  return base::Fail(base::ErrorCode::kInternal, "a body that only reads wrote");
}

std::unexpected<base::Error> Conflict(std::string message) {
  return base::Fail(base::ErrorCode::kConflict, std::move(message));
}

bool Holds(const std::vector<Uuid>& ids, const Uuid& id) {
  return std::ranges::find(ids, id) != ids.end();
}

template <class T>
std::optional<T> Copy(const T* found) {
  return found == nullptr ? std::nullopt : std::optional(*found);
}

}  // namespace

void MemoryTransaction::Undo() {
  for (auto& step : std::views::reverse(undo_)) step();
  undo_.clear();
  notice_ = old_notice_;
}

void MemoryTransaction::PutSession(const Uuid& id, SessionTable::Row row) {
  undo_.emplace_back([this, id, old = tables_.sessions.Put(id, std::move(row))]() mutable {
    tables_.sessions.Put(id, std::move(old));
  });
}

void MemoryTransaction::PutEvent(std::int64_t seq, EventTable::Row row) {
  undo_.emplace_back([this, seq, old = tables_.events.Put(seq, std::move(row))]() mutable {
    tables_.events.Put(seq, std::move(old));
  });
}

Result<std::optional<domain::Session>> MemoryTransaction::FindSession(const Uuid& id) {
  return Copy(tables_.sessions.Find(id));
}

Result<std::optional<domain::Session>> MemoryTransaction::FindByTerminal(domain::SessionKind kind,
                                                                         const Uuid& terminal_id) {
  return Copy(tables_.sessions.FindByTerminal(kind, terminal_id));
}

Result<std::optional<domain::Session>> MemoryTransaction::FindChallengeOf(
    const Uuid& payment_terminal_id) {
  return Copy(tables_.sessions.FindChallengeOf(payment_terminal_id));
}

Result<std::optional<domain::Session>> MemoryTransaction::FindByPayment(const Uuid& payment_id) {
  return Copy(tables_.sessions.FindByPayment(payment_id));
}

Status MemoryTransaction::InsertSession(const domain::Session& session) {
  if (read_only_) return ReadOnly();
  if (tables_.sessions.Find(session.id) != nullptr) return Conflict("the row exists already");
  const auto* latest = tables_.sessions.FindByTerminal(session.kind, session.terminal_id);
  if (latest != nullptr && !domain::IsEnd(latest->kind, latest->state) &&
      !domain::IsEnd(session.kind, session.state)) {
    return Conflict("the terminal has an open session");
  }
  PutSession(session.id, session);
  notice_.sessions.push_back({session.id, session.kind, session.state, true});
  return {};
}

Status MemoryTransaction::SaveSession(const domain::Session& session, bool entered) {
  if (read_only_) return ReadOnly();
  const auto* stored = tables_.sessions.Find(session.id);
  if (stored == nullptr || stored->version != session.version - 1) {
    return Conflict("the session has changed meanwhile");
  }
  PutSession(session.id, session);
  notice_.sessions.push_back({session.id, session.kind, session.state, entered});
  return {};
}

Status MemoryTransaction::AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) {
  if (read_only_) return ReadOnly();
  auto timeline =
      CopyRow(tables_.timelines, entry.session_id).value_or(std::vector<domain::TimelineEntry>());
  if (timeline.size() >= limit) return {};
  timeline.push_back(entry);
  PutRow(tables_.timelines, entry.session_id, std::move(timeline));
  return {};
}

Result<std::vector<domain::TimelineEntry>> MemoryTransaction::ListTimeline(const Uuid& session_id) {
  return CopyRow(tables_.timelines, session_id).value_or(std::vector<domain::TimelineEntry>());
}

Result<std::vector<Uuid>> MemoryTransaction::FindDueSessions(Timestamp now, std::size_t limit) {
  std::vector<Uuid> ids;
  for (const auto& [due_at, id] : tables_.sessions.due()) {
    if (due_at > now || ids.size() == limit) break;
    ids.push_back(id);
  }
  return ids;
}

Result<std::optional<app::IdempotentAnswer>> MemoryTransaction::FindAnswer(const std::string& scope,
                                                                           const std::string& key) {
  return CopyRow(tables_.answers, {scope, key});
}

Status MemoryTransaction::InsertAnswer(const app::IdempotentAnswer& answer) {
  if (read_only_) return ReadOnly();
  if (tables_.answers.contains({answer.scope, answer.key})) {
    return Conflict("the row exists already");
  }
  PutRow(tables_.answers, {answer.scope, answer.key}, answer);
  return {};
}

Result<bool> MemoryTransaction::InsertReceived(const app::ReceivedEvent& event) {
  if (read_only_) return ReadOnly();
  if (tables_.received_ids.contains({event.source, event.id})) return false;
  const std::int64_t seq = tables_.received.empty() ? 1 : tables_.received.rbegin()->first + 1;
  PutRow(tables_.received, seq, event);
  PutRow(tables_.received_ids, {event.source, event.id}, seq);
  return true;
}

Result<std::vector<app::ReceivedEvent>> MemoryTransaction::FindUnapplied(const Uuid& subject) {
  std::vector<app::ReceivedEvent> events;
  for (const auto& [seq, event] : tables_.received) {
    if (!event.applied && Holds(event.subjects, subject)) events.push_back(event);
  }
  return events;
}

Status MemoryTransaction::MarkApplied(const std::string& source, const std::string& id) {
  if (read_only_) return ReadOnly();
  const auto seq = CopyRow(tables_.received_ids, {source, id});
  if (!seq) return base::Fail(base::ErrorCode::kNotFound, "no such received event");
  app::ReceivedEvent event = tables_.received.at(*seq);
  event.applied = true;
  PutRow(tables_.received, *seq, std::move(event));
  return {};
}

Status MemoryTransaction::InsertEvent(const app::OutboxEvent& event) {
  if (read_only_) return ReadOnly();
  if (tables_.events.SeqOf(event.id)) return Conflict("the row exists already");
  PutEvent(tables_.events.NextSeq(), event);
  notice_.events = true;
  return {};
}

Result<std::optional<app::OutboxEvent>> MemoryTransaction::FindEvent(const Uuid& id) {
  const auto seq = tables_.events.SeqOf(id);
  return seq ? Copy(tables_.events.Find(*seq)) : std::nullopt;
}

Result<std::vector<app::OutboxEvent>> MemoryTransaction::ListEvents(
    const app::EventFilter& filter) {
  std::vector<app::OutboxEvent> events;
  for (const auto& [seq, event] : std::views::reverse(tables_.events.rows())) {
    if (events.size() == filter.limit) break;
    if (filter.status && event.status != *filter.status) continue;
    if (filter.session_id && event.session_id != *filter.session_id) continue;
    events.push_back(event);
  }
  return events;
}

Result<std::vector<app::OutboxEvent>> MemoryTransaction::ClaimDueEvents(
    const app::ClaimRequest& request) {
  if (read_only_) return ReadOnly();
  std::vector<std::int64_t> fresh;
  std::vector<std::int64_t> backlog;
  for (const auto& [due_at, seq] : tables_.events.claimable()) {
    if (due_at > request.now || fresh.size() == request.limit) break;
    const bool is_old = tables_.events.Find(seq)->first_due_at < request.fresh_since;
    (is_old ? backlog : fresh).push_back(seq);
  }
  const auto& claimable = tables_.events.claimable();
  for (auto late = claimable.upper_bound({request.latest_due, INT64_MAX});
       late != claimable.end() && backlog.size() < request.limit; ++late) {
    backlog.push_back(late->second);
  }
  backlog.resize(std::min({backlog.size(), request.backlog_limit, request.limit - fresh.size()}));
  fresh.insert(fresh.end(), backlog.begin(), backlog.end());
  std::vector<app::OutboxEvent> events;
  for (const std::int64_t seq : fresh) {
    app::OutboxEvent& event = events.emplace_back(*tables_.events.Find(seq));
    event.due_at = request.lease_until;
    ++event.lease;
    PutEvent(seq, event);
  }
  return events;
}

Status MemoryTransaction::SaveDelivery(const app::OutboxEvent& event) {
  if (read_only_) return ReadOnly();
  const auto seq = tables_.events.SeqOf(event.id);
  if (!seq) return base::Fail(base::ErrorCode::kNotFound, "no such event");
  app::OutboxEvent stored = *tables_.events.Find(*seq);
  if (stored.lease != event.lease) return Conflict("the event was claimed again meanwhile");
  const auto first = tables_.events.OldestPending(stored.session_id);
  stored.status = event.status;
  stored.attempts = event.attempts;
  stored.due_at = event.due_at;
  stored.first_due_at = event.first_due_at;
  stored.settled_at = event.settled_at;
  stored.last_error = event.last_error;
  const Uuid session_id = stored.session_id;
  PutEvent(*seq, std::move(stored));
  const auto next = tables_.events.OldestPending(session_id);
  if (next && next != first) notice_.events = true;
  return {};
}

Result<std::optional<Timestamp>> MemoryTransaction::NextDueEvent() {
  if (tables_.events.claimable().empty()) return std::nullopt;
  return tables_.events.claimable().begin()->first;
}

Result<app::OutboxCounts> MemoryTransaction::CountOutbox() {
  app::OutboxCounts counts;
  for (const auto& [seq, event] : tables_.events.rows()) {
    if (event.status == app::EventStatus::kParked) ++counts.parked;
    if (event.status != app::EventStatus::kPending) continue;
    if (++counts.pending == 1) counts.oldest_pending = event.time;
  }
  return counts;
}

Status MemoryTransaction::InsertCard(const app::SealedCard& card) {
  if (read_only_) return ReadOnly();
  if (tables_.cards.contains(card.id)) return Conflict("the row exists already");
  PutRow(tables_.cards, card.id, card);
  return {};
}

Result<std::optional<app::SealedCard>> MemoryTransaction::FindCard(const Uuid& id) {
  return CopyRow(tables_.cards, id);
}

Status MemoryTransaction::DeleteCardsOf(const Uuid& session_id) {
  if (read_only_) return ReadOnly();
  std::vector<Uuid> ids;
  for (const auto& [id, card] : tables_.cards) {
    if (card.session_id == session_id) ids.push_back(id);
  }
  for (const Uuid& id : ids) {
    PutRow(tables_.cards, id, std::nullopt);
    PutRow(tables_.codes, id, std::nullopt);
  }
  return {};
}

Result<bool> MemoryTransaction::RewrapCard(const app::SealedCard& card,
                                           const std::string& expected) {
  if (read_only_) return ReadOnly();
  auto stored = CopyRow(tables_.cards, card.id);
  if (!stored || stored->wrapped_key != expected) return false;
  stored->key_id = card.key_id;
  stored->wrapped_key = card.wrapped_key;
  PutRow(tables_.cards, card.id, std::move(stored));
  return true;
}

std::size_t MemoryTransaction::PurgeSessions(Timestamp before, std::size_t limit) {
  std::vector<Uuid> ids;
  for (const auto& [ended_at, id] : tables_.sessions.ended()) {
    if (ended_at >= before || ids.size() == limit) break;
    if (!tables_.events.HasPending(id)) ids.push_back(id);
  }
  std::size_t gone = ids.size();
  for (const Uuid& id : ids) {
    for (const std::int64_t seq : tables_.events.OfSession(id)) {
      PutEvent(seq, std::nullopt);
      ++gone;
    }
    if (const auto timeline = tables_.timelines.find(id); timeline != tables_.timelines.end()) {
      gone += timeline->second.size();
      PutRow(tables_.timelines, id, std::nullopt);
    }
    PutSession(id, std::nullopt);
  }
  return gone;
}

Result<std::optional<std::string>> MemoryTransaction::FindFact(const std::string& name) {
  return CopyRow(tables_.facts, name);
}

Result<std::string> MemoryTransaction::ShareFact(const std::string& name,
                                                 const std::string& value) {
  if (read_only_) return ReadOnly();
  if (!tables_.facts.contains(name)) PutRow(tables_.facts, name, value);
  return tables_.facts.at(name);
}

Result<std::int64_t> MemoryTransaction::AddToTally(const std::string& name, std::int64_t amount,
                                                   std::int64_t leak_per_hour, Timestamp now) {
  if (read_only_) return ReadOnly();
  MemoryTables::Tally tally{0, now};
  if (const auto found = tables_.tallies.find(name); found != tables_.tallies.end()) {
    tally = found->second;
  }
  const std::int64_t passed = std::max<std::int64_t>(0, (now - tally.at).count());
  const std::int64_t left = tally.level - passed * leak_per_hour / kMillisPerHour;
  tally = {std::max<std::int64_t>(0, left) + amount, std::max(tally.at, now)};
  PutRow(tables_.tallies, name, tally);
  return tally.level;
}

Result<std::size_t> MemoryTransaction::Purge(Timestamp now, Timestamp before, std::size_t limit) {
  if (read_only_) return ReadOnly();
  const auto choose = [limit](const auto& map, const auto& is_over) {
    std::vector<typename std::remove_cvref_t<decltype(map)>::key_type> keys;
    for (const auto& [key, row] : map) {
      if (keys.size() == limit) break;
      if (is_over(row)) keys.push_back(key);
    }
    return keys;
  };
  const auto cards =
      choose(tables_.cards, [now](const app::SealedCard& c) { return c.valid_until <= now; });
  const auto codes =
      choose(tables_.codes, [now](const app::SealedCard& c) { return c.valid_until <= now; });
  const auto answers = choose(
      tables_.answers, [before](const app::IdempotentAnswer& a) { return a.created_at < before; });
  const auto received = choose(
      tables_.received, [before](const app::ReceivedEvent& e) { return e.received_at < before; });
  const auto tallies = choose(tables_.tallies, [now](const MemoryTables::Tally& t) {
    return t.at < now - kTalliesKeptFor;
  });
  for (const auto& name : tallies) PutRow(tables_.tallies, name, std::nullopt);
  for (const Uuid& id : cards) PutRow(tables_.cards, id, std::nullopt);
  for (const Uuid& id : codes) PutRow(tables_.codes, id, std::nullopt);
  for (const auto& key : answers) PutRow(tables_.answers, key, std::nullopt);
  for (const std::int64_t seq : received) EraseReceived(seq);
  return tallies.size() + cards.size() + codes.size() + answers.size() + received.size() +
         PurgeSessions(before, limit);
}

void MemoryTransaction::EraseReceived(std::int64_t seq) {
  const app::ReceivedEvent& event = tables_.received.at(seq);
  PutRow(tables_.received_ids, {event.source, event.id}, std::nullopt);
  PutRow(tables_.received, seq, std::nullopt);
}

}  // namespace obolus::storage
