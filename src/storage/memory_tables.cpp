#include "storage/memory_tables.h"

#include <algorithm>

namespace obolus::storage {
namespace {

// Adds to or removes from a set inside a map, and drops sets that became empty.
template <class Map, class Key, class Item>
void Change(Map& map, const Key& key, const Item& item, bool add) {
  if (add) {
    map[key].insert(item);
    return;
  }
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(item);
  if (found->second.empty()) map.erase(found);
}

template <class Set, class Item>
void Change(Set& set, const Item& item, bool add) {
  if (add) {
    set.insert(item);
  } else {
    set.erase(item);
  }
}

}  // namespace

const domain::Session* SessionTable::Find(const base::Uuid& id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

SessionTable::Row SessionTable::Put(const base::Uuid& id, Row row) {
  Row old;
  if (const auto found = rows_.find(id); found != rows_.end()) {
    Index(found->second, false);
    old = std::move(found->second);
    rows_.erase(found);
  }
  if (row) Index(rows_.emplace(id, std::move(*row)).first->second, true);
  return old;
}

void SessionTable::Index(const domain::Session& session, bool add) {
  const bool ended = domain::IsEnd(session.kind, session.state);
  Change(by_terminal_, std::pair(session.kind, session.terminal_id), std::pair(!ended, session.id),
         add);
  if (session.kind == domain::SessionKind::kTds && session.payment_terminal_id) {
    Change(challenges_, *session.payment_terminal_id, session.id, add);
  }
  if (const auto payment_id = domain::PaymentIdOf(session)) {
    Change(by_payment_, *payment_id, std::pair(!ended, session.id), add);
  }
  if (ended) {
    Change(ended_, std::pair(session.ended_at.value_or(session.expires_at), session.id), add);
    return;
  }
  const auto due = std::min(session.expires_at, session.lease_until.value_or(session.expires_at));
  Change(due_, std::pair(due, session.id), add);
}

const domain::Session* SessionTable::FindByTerminal(domain::SessionKind kind,
                                                    const base::Uuid& terminal_id) const {
  const auto found = by_terminal_.find({kind, terminal_id});
  return found == by_terminal_.end() ? nullptr : Find(found->second.rbegin()->second);
}

const domain::Session* SessionTable::FindChallengeOf(const base::Uuid& payment_terminal_id) const {
  const auto found = challenges_.find(payment_terminal_id);
  return found == challenges_.end() ? nullptr : Find(*found->second.rbegin());
}

const domain::Session* SessionTable::FindByPayment(const base::Uuid& payment_id) const {
  const auto found = by_payment_.find(payment_id);
  return found == by_payment_.end() ? nullptr : Find(found->second.rbegin()->second);
}

std::optional<std::int64_t> EventTable::SeqOf(const base::Uuid& id) const {
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return found->second;
}

const app::OutboxEvent* EventTable::Find(std::int64_t seq) const {
  const auto found = rows_.find(seq);
  return found == rows_.end() ? nullptr : &found->second;
}

EventTable::Row EventTable::Put(std::int64_t seq, Row row) {
  Row old;
  if (const auto found = rows_.find(seq); found != rows_.end()) {
    Index(seq, found->second, false);
    old = std::move(found->second);
    rows_.erase(found);
  }
  if (row) Index(seq, rows_.emplace(seq, std::move(*row)).first->second, true);
  return old;
}

// While a row is taken out it is gone from rows_ only afterwards, so IndexOldest can still read it.
void EventTable::Index(std::int64_t seq, const app::OutboxEvent& event, bool add) {
  IndexOldest(event.session_id, false);
  Change(by_session_, event.session_id, seq, add);
  if (add) {
    by_id_.emplace(event.id, seq);
  } else {
    by_id_.erase(event.id);
  }
  if (event.status == app::EventStatus::kPending) Change(pending_, event.session_id, seq, add);
  IndexOldest(event.session_id, true);
}

void EventTable::IndexOldest(const base::Uuid& session_id, bool add) {
  const auto oldest = OldestPending(session_id);
  if (oldest) Change(claimable_, std::pair(rows_.at(*oldest).due_at, *oldest), add);
}

std::set<std::int64_t> EventTable::OfSession(const base::Uuid& session_id) const {
  const auto found = by_session_.find(session_id);
  return found == by_session_.end() ? std::set<std::int64_t>{} : found->second;
}

bool EventTable::HasPending(const base::Uuid& session_id) const {
  return pending_.contains(session_id);
}

std::optional<std::int64_t> EventTable::OldestPending(const base::Uuid& session_id) const {
  const auto found = pending_.find(session_id);
  if (found == pending_.end()) return std::nullopt;
  return *found->second.begin();
}

}  // namespace obolus::storage
