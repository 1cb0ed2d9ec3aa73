// The store port's Transaction over one PostgreSQL connection. The owner (PostgresWriter,
// PostgresReader) begins and ends the database transactions around bodies and says how writes are
// made: queued, where one that does not do what the body was told fails the whole transaction, so
// that nobody waits for it; or awaited one by one, with the row count as the answer. One thread.
//
// At READ COMMITTED, what a body has read may change before it writes. Three things keep bodies of
// several writers as far apart as one writer does: a session that a writing body reads stays
// locked (its row); a name under which it looked for a session or for early events stays locked,
// even when nothing was there (an advisory lock), so that an early event and the opening of its
// session see one another; and whoever inserts or settles an event of a session is alone with the
// events of that session (an advisory lock), so that their order is the order of commits and no
// event is left behind that nobody may claim.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/ports/store.h"
#include "storage/postgres_connection.h"
#include "storage/purge_walk.h"

namespace obolus::storage {

enum class PostgresMode {
  kRead,     // one snapshot; a write is refused
  kQueued,   // writes are queued and made to fail the transaction
  kAwaited,  // each write is awaited; a conflict is the body's to handle
};

class PostgresTransaction final : public app::Transaction {
 public:
  // `purge_walk` is needed where something is purged, and outlives this.
  explicit PostgresTransaction(PostgresConnection* connection, PurgeWalk* purge_walk = nullptr)
      : connection_(*connection), purge_walk_(purge_walk) {}

  base::Result<std::optional<domain::Session>> FindSession(const base::Uuid& id) override;
  base::Result<std::optional<domain::Session>> FindByTerminal(
      domain::SessionKind kind, const base::Uuid& terminal_id) override;
  base::Result<std::optional<domain::Session>> FindChallengeOf(
      const base::Uuid& payment_terminal_id) override;
  base::Result<std::optional<domain::Session>> FindByPayment(const base::Uuid& payment_id) override;
  base::Status InsertSession(const domain::Session& session) override;
  base::Status SaveSession(const domain::Session& session, bool entered) override;
  base::Status AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) override;
  base::Result<std::vector<domain::TimelineEntry>> ListTimeline(
      const base::Uuid& session_id) override;
  base::Result<std::vector<base::Uuid>> FindDueSessions(base::Timestamp now,
                                                        std::size_t limit) override;

  base::Result<std::optional<app::IdempotentAnswer>> FindAnswer(const std::string& scope,
                                                                const std::string& key) override;
  base::Status InsertAnswer(const app::IdempotentAnswer& answer) override;

  base::Result<bool> InsertReceived(const app::ReceivedEvent& event) override;
  base::Result<std::vector<app::ReceivedEvent>> FindUnapplied(const base::Uuid& subject) override;
  base::Status MarkApplied(const std::string& source, const std::string& id) override;

  base::Status InsertEvent(const app::OutboxEvent& event) override;
  base::Result<std::optional<app::OutboxEvent>> FindEvent(const base::Uuid& id) override;
  base::Result<std::vector<app::OutboxEvent>> ListEvents(const app::EventFilter& filter) override;
  base::Result<std::vector<app::OutboxEvent>> ClaimDueEvents(
      const app::ClaimRequest& request) override;
  base::Status SaveDelivery(const app::OutboxEvent& event) override;
  base::Result<std::optional<base::Timestamp>> NextDueEvent() override;
  base::Result<app::OutboxCounts> CountOutbox() override;

  base::Status InsertCard(const app::SealedCard& card) override;
  base::Result<std::optional<app::SealedCard>> FindCard(const base::Uuid& id) override;
  base::Status DeleteCardsOf(const base::Uuid& session_id) override;
  base::Result<std::vector<app::SealedCard>> FindCardsUnder(const std::string& key_id,
                                                            const base::Uuid& after,
                                                            std::size_t limit) override;
  base::Result<bool> RewrapCard(const app::SealedCard& card, const std::string& expected) override;
  base::Result<std::vector<app::CardCount>> CountCards() override;
  base::Result<std::int64_t> CountOpenSessions(domain::SessionKind kind,
                                               base::Timestamp created_until) override;
  base::Status InsertCode(const app::SealedCard& code) override;
  base::Result<std::optional<app::SealedCard>> TakeCode(const base::Uuid& card_id) override;
  base::Status ScheduleDeletion(const app::CardDeletion& deletion) override;
  base::Result<std::vector<app::CardDeletion>> ClaimDeletions(base::Timestamp now,
                                                              base::Timestamp lease_until,
                                                              std::size_t limit) override;
  base::Status SaveDeletion(const app::CardDeletion& deletion) override;
  base::Status EndDeletion(const std::string& card_id) override;
  base::Result<app::DeletionCounts> CountDeletions(base::Timestamp now) override;

  base::Result<std::optional<std::string>> FindFact(const std::string& name) override;
  base::Result<std::string> ShareFact(const std::string& name, const std::string& value) override;
  base::Result<std::int64_t> AddToTally(const std::string& name, std::int64_t amount,
                                        std::int64_t leak_per_hour, base::Timestamp now) override;

  base::Result<std::size_t> Purge(base::Timestamp now, base::Timestamp before,
                                  std::size_t limit) override;

  // A write of no meaning, for Store::CheckHealth: the commit's own row is one.
  void WriteNothing() { ++writes_; }

  // Begins a transaction, without waiting.
  void Begin(PostgresMode mode);
  // Queues this commit's row in `operations`, and what other processes shall hear of it.
  void QueueOperation(const base::Uuid& operation);
  void QueueNotice(const base::Uuid& store);

  std::size_t writes() const { return writes_; }  // so far, statements
  // A conflict came out of what this transaction had read before: run again, its body would see
  // what stands in the way.
  bool read_is_stale() const { return read_is_stale_; }
  // What was changed since Begin.
  const app::CommitNotice& notice() const { return notice_; }

 private:
  enum class NameKind : std::uint8_t { kLookedFor = 1, kEventsOf = 2 };

  bool Reads() const { return mode_ == PostgresMode::kRead; }
  base::Result<PostgresRows> Select(PostgresCall& call);
  base::Result<std::optional<domain::Session>> SelectSession(PostgresCall& call);
  base::Result<std::vector<app::OutboxEvent>> SelectEvents(PostgresCall& call);
  // For a statement that changes one row: `queued` fails when it does not, `awaited` counts.
  PostgresCall OneRow(const char* queued, const char* awaited);
  base::Status Write(PostgresCall& call, const char* conflict);
  base::Status WriteAny(PostgresCall& call);
  base::Status RefuseWrite() const;
  void Lock(NameKind kind, const base::Uuid& name);
  base::Status Claim(PostgresCall& call, std::vector<app::OutboxEvent>* events);
  base::Status NotSaved(const base::Uuid& event_id);
  base::Result<std::optional<PurgeWalk>> EndOfWalk(base::Timestamp before, std::size_t limit);
  base::Result<std::size_t> PurgeSessions(base::Timestamp before, std::size_t limit);

  PostgresConnection& connection_;
  PurgeWalk* purge_walk_;
  PostgresMode mode_ = PostgresMode::kRead;
  std::size_t writes_ = 0;
  bool has_read_ = false;
  bool read_is_stale_ = false;
  app::CommitNotice notice_;
  std::set<base::Uuid> inserted_;                     // sessions: nobody can wait for them yet
  std::set<std::pair<NameKind, base::Uuid>> locked_;  // names
};

}  // namespace obolus::storage
