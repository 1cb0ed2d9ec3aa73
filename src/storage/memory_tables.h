// The rows of MemoryStore, each set with the orders in which they are looked for. A change gives
// back the row as it was, so that whoever changes can undo. No locks: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "app/ports/store.h"

namespace obolus::storage {

class SessionTable {
 public:
  using Row = std::optional<domain::Session>;
  const domain::Session* Find(const base::Uuid& id) const;
  // Sets, or with nothing removes, the session of that id; the one that was there.
  Row Put(const base::Uuid& id, Row row);

  // Open first, then the greatest id.
  const domain::Session* FindByTerminal(domain::SessionKind kind,
                                        const base::Uuid& terminal_id) const;
  const domain::Session* FindChallengeOf(const base::Uuid& payment_terminal_id) const;
  const domain::Session* FindByPayment(const base::Uuid& payment_id) const;  // as by terminal
  using TimeOrder = std::set<std::pair<base::Timestamp, base::Uuid>>;
  const TimeOrder& due() const { return due_; }      // by due time; not ended
  const TimeOrder& ended() const { return ended_; }  // by ended_at

 private:
  void Index(const domain::Session& session, bool add);

  std::map<base::Uuid, domain::Session> rows_;
  std::map<std::pair<domain::SessionKind, base::Uuid>, std::set<std::pair<bool, base::Uuid>>>
      by_terminal_;  // (is open, id)
  std::map<base::Uuid, std::set<base::Uuid>> challenges_;
  std::map<base::Uuid, std::set<std::pair<bool, base::Uuid>>> by_payment_;  // (is open, id)
  TimeOrder due_;
  TimeOrder ended_;
};

// Rows go by `seq`, the order in which they came.
class EventTable {
 public:
  using Row = std::optional<app::OutboxEvent>;
  std::optional<std::int64_t> SeqOf(const base::Uuid& id) const;
  const app::OutboxEvent* Find(std::int64_t seq) const;
  Row Put(std::int64_t seq, Row row);
  std::int64_t NextSeq() const { return rows_.empty() ? 1 : rows_.rbegin()->first + 1; }

  const std::map<std::int64_t, app::OutboxEvent>& rows() const { return rows_; }
  std::set<std::int64_t> OfSession(const base::Uuid& session_id) const;
  bool HasPending(const base::Uuid& session_id) const;
  std::optional<std::int64_t> OldestPending(const base::Uuid& session_id) const;
  // By due time; pending and the oldest such of their session.
  const std::set<std::pair<base::Timestamp, std::int64_t>>& claimable() const { return claimable_; }

 private:
  void Index(std::int64_t seq, const app::OutboxEvent& event, bool add);
  void IndexOldest(const base::Uuid& session_id, bool add);

  std::map<std::int64_t, app::OutboxEvent> rows_;
  std::map<base::Uuid, std::int64_t> by_id_;
  std::map<base::Uuid, std::set<std::int64_t>> by_session_;
  std::map<base::Uuid, std::set<std::int64_t>> pending_;  // by session
  std::set<std::pair<base::Timestamp, std::int64_t>> claimable_;
};

// The rest is small enough to be searched through.
struct MemoryTables {
  SessionTable sessions;
  EventTable events;
  std::map<std::pair<std::string, std::string>, app::IdempotentAnswer> answers;  // scope, key
  std::map<std::int64_t, app::ReceivedEvent> received;                           // by arrival
  std::map<std::pair<std::string, std::string>, std::int64_t> received_ids;      // source, id
  std::map<base::Uuid, app::SealedCard> cards;
  std::map<base::Uuid, app::SealedCard> codes;                         // by card
  std::map<std::string, app::CardDeletion> deletions;                  // by the vault's id
  std::map<base::Uuid, std::vector<domain::TimelineEntry>> timelines;  // by session
  std::map<std::string, std::string> facts;                            // by name
  struct Tally {
    std::int64_t level = 0;
    base::Timestamp at;
  };
  std::map<std::string, Tally> tallies;  // by name
};

}  // namespace obolus::storage
