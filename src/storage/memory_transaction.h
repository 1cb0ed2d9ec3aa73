// The store port's Transaction over MemoryTables: writes at once and remembers how to undo. One
// object per body; used by MemoryStore on its thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/store.h"
#include "storage/memory_tables.h"

namespace obolus::storage {

class MemoryTransaction final : public app::Transaction {
 public:
  // Both pointers outlive it; what it changes is added to `notice`.
  MemoryTransaction(MemoryTables* tables, app::CommitNotice* notice)
      : tables_(*tables), notice_(*notice), old_notice_(*notice) {}

  void ForbidWrites() { read_only_ = true; }  // they answer kInternal from now on

  // Takes back all that was written.
  void Undo();

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

 private:
  void PutSession(const base::Uuid& id, SessionTable::Row row);
  void PutEvent(std::int64_t seq, EventTable::Row row);
  // Inserts into a plain map of MemoryTables, or removes from it.
  template <class Map>
  void PutRow(Map& map, const typename Map::key_type& key,
              std::optional<typename Map::mapped_type> row);
  void EraseReceived(std::int64_t seq);
  std::size_t PurgeSessions(base::Timestamp before, std::size_t limit);

  MemoryTables& tables_;
  app::CommitNotice& notice_;
  const app::CommitNotice old_notice_;
  bool read_only_ = false;
  std::vector<std::move_only_function<void()>> undo_;
};

}  // namespace obolus::storage
