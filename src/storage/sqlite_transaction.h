// The store port's Transaction over one SQLite connection. One object lives as long as its
// connection and serves one body after the other; the owner (SqliteWriter, or a reader thread of
// SqliteStore) begins and ends the database transactions around them. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/store.h"
#include "storage/purge_walk.h"
#include "storage/sqlite_database.h"

namespace obolus::storage {

class SqliteTransaction final : public app::Transaction {
 public:
  explicit SqliteTransaction(SqliteDatabase* database) : database_(*database) {}

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

  // A write of no meaning, for Store::CheckHealth.
  base::Status WriteHealthRow();

  // Events that a process that is gone had claimed are due at once; for SqliteStore::Open.
  base::Status EndLeases();

  // What the bodies since the last call changed. A failed body leaves its part here: the owner
  // asks for `NoticeMark` before a body and gives it to `DropNoticeSince` when it rolls it back.
  app::CommitNotice TakeNotice() { return std::exchange(notice_, {}); }
  struct NoticeMark {
    std::size_t sessions = 0;
    bool events = false;
  };
  NoticeMark MarkNotice() const { return {notice_.sessions.size(), notice_.events}; }
  void DropNoticeSince(const NoticeMark& mark);

 private:
  base::Result<bool> IsOpenMinted(domain::SessionKind kind, const base::Uuid& terminal_id);
  base::Status Lease(std::vector<app::OutboxEvent>& events, base::Timestamp until);
  base::Status NotSaved(const base::Uuid& event_id);
  base::Status RefreshClaims(const base::Uuid& session_id);
  base::Result<std::vector<base::Uuid>> WalkToPurge(base::Timestamp before, std::size_t limit);
  base::Result<std::size_t> PurgeSessions(base::Timestamp before, std::size_t limit);
  base::Result<std::size_t> PurgeReceived(base::Timestamp before, std::size_t limit);
  base::Status ForgetSubjects(std::int64_t event_seq, std::string_view subjects);

  SqliteDatabase& database_;
  app::CommitNotice notice_;
  PurgeWalk purge_walk_;
};

}  // namespace obolus::storage
