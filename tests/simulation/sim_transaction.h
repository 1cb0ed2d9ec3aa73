// A transaction of the memory store in which any call may fail, as a disk may. It also notes the
// sessions that it saves, for the auditor's check of every step, and how to write its writes again,
// for the mutant that keeps a part of a batch. One for each run of a body; made by SimStore.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "simulation/stage.h"
#include "storage/memory_transaction.h"

namespace obolus::simulation {

class SimTransaction final : public app::Transaction {
 public:
  SimTransaction(Stage& stage, app::CommitNotice* notice)
      : stage_(stage), inner_(&stage.tables, notice) {}

  void ForbidWrites() { inner_.ForbidWrites(); }
  void Undo() {
    inner_.Undo();
    saved_.clear();
    writes_.clear();
  }
  bool failed() const { return failed_; }
  const std::vector<domain::Session>& saved() const { return saved_; }
  using WriteAgain = std::function<void(app::Transaction&)>;
  const std::vector<WriteAgain>& writes() const { return writes_; }

  base::Result<std::optional<domain::Session>> FindSession(const Uuid& id) override {
    return Ask([&] { return inner_.FindSession(id); });
  }
  base::Result<std::optional<domain::Session>> FindByTerminal(domain::SessionKind kind,
                                                              const Uuid& terminal_id) override {
    return Ask([&] { return inner_.FindByTerminal(kind, terminal_id); });
  }
  base::Result<std::optional<domain::Session>> FindChallengeOf(const Uuid& terminal_id) override {
    return Ask([&] { return inner_.FindChallengeOf(terminal_id); });
  }
  base::Result<std::optional<domain::Session>> FindByPayment(const Uuid& payment_id) override {
    return Ask([&] { return inner_.FindByPayment(payment_id); });
  }
  base::Status InsertSession(const domain::Session& session) override {
    auto inserted = Write([session](auto& tx) { return tx.InsertSession(session); });
    if (inserted) saved_.push_back(session);
    return inserted;
  }
  base::Status SaveSession(const domain::Session& session, bool entered) override {
    auto saved = Write([session, entered](auto& tx) { return tx.SaveSession(session, entered); });
    if (saved) saved_.push_back(session);
    return saved;
  }
  base::Status AppendTimeline(const domain::TimelineEntry& entry, std::size_t limit) override {
    return Write([entry, limit](auto& tx) { return tx.AppendTimeline(entry, limit); });
  }
  base::Result<std::vector<domain::TimelineEntry>> ListTimeline(const Uuid& session_id) override {
    return Ask([&] { return inner_.ListTimeline(session_id); });
  }
  base::Result<std::vector<Uuid>> FindDueSessions(Timestamp now, std::size_t limit) override {
    return Ask([&] { return inner_.FindDueSessions(now, limit); });
  }

  base::Result<std::optional<app::IdempotentAnswer>> FindAnswer(const std::string& scope,
                                                                const std::string& key) override {
    return Ask([&] { return inner_.FindAnswer(scope, key); });
  }
  base::Status InsertAnswer(const app::IdempotentAnswer& answer) override {
    if (stage_.mutant == Mutant::kAnswerForgotten) return {};
    return Write([answer](auto& tx) { return tx.InsertAnswer(answer); });
  }

  base::Result<bool> InsertReceived(const app::ReceivedEvent& event) override {
    if (stage_.mutant == Mutant::kVoidForgotten && !event.applied) return true;
    return Write([event](auto& tx) { return tx.InsertReceived(event); });
  }
  base::Result<std::vector<app::ReceivedEvent>> FindUnapplied(const Uuid& subject) override {
    return Ask([&] { return inner_.FindUnapplied(subject); });
  }
  base::Status MarkApplied(const std::string& source, const std::string& id) override {
    return Write([source, id](auto& tx) { return tx.MarkApplied(source, id); });
  }

  base::Status InsertEvent(const app::OutboxEvent& event) override {
    return Write([event](auto& tx) { return tx.InsertEvent(event); });
  }
  base::Result<std::optional<app::OutboxEvent>> FindEvent(const Uuid& id) override {
    return Ask([&] { return inner_.FindEvent(id); });
  }
  base::Result<std::vector<app::OutboxEvent>> ListEvents(const app::EventFilter& filter) override {
    return Ask([&] { return inner_.ListEvents(filter); });
  }
  base::Result<std::vector<app::OutboxEvent>> ClaimDueEvents(
      const app::ClaimRequest& request) override {
    auto claimed = Write([request](auto& tx) { return tx.ClaimDueEvents(request); });
    if (claimed) {
      for (const auto& event : *claimed) stage_.history.Note("claim", event.id, event.lease);
    }
    if (stage_.mutant == Mutant::kOrderIgnored && claimed && !claimed->empty()) {
      const app::EventFilter pending{app::EventStatus::kPending, claimed->front().session_id};
      auto all = inner_.ListEvents(pending);
      if (all && all->size() > 1) claimed->push_back(all->front());
    }
    return claimed;
  }
  base::Status SaveDelivery(const app::OutboxEvent& event) override {
    app::OutboxEvent saved = event;
    if (stage_.mutant == Mutant::kFenceIgnored) {
      if (const auto stored = inner_.FindEvent(event.id); stored && *stored) {
        saved.lease = (*stored)->lease;
      }
    }
    return Write([saved](auto& tx) { return tx.SaveDelivery(saved); });
  }
  base::Result<std::optional<Timestamp>> NextDueEvent() override {
    return Ask([&] { return inner_.NextDueEvent(); });
  }
  base::Result<app::OutboxCounts> CountOutbox() override {
    return Ask([&] { return inner_.CountOutbox(); });
  }

  base::Status InsertCard(const app::SealedCard& card) override {
    return Write([card](auto& tx) { return tx.InsertCard(card); });
  }
  base::Result<std::optional<app::SealedCard>> FindCard(const Uuid& id) override {
    return Ask([&] { return inner_.FindCard(id); });
  }
  base::Status DeleteCardsOf(const Uuid& session_id) override {
    return Write([session_id](auto& tx) { return tx.DeleteCardsOf(session_id); });
  }
  base::Result<std::vector<app::SealedCard>> FindCardsUnder(const std::string& key_id,
                                                            const Uuid& after,
                                                            std::size_t limit) override {
    return Ask([&] { return inner_.FindCardsUnder(key_id, after, limit); });
  }
  base::Result<bool> RewrapCard(const app::SealedCard& card, const std::string& expected) override {
    return Write([card, expected](auto& tx) { return tx.RewrapCard(card, expected); });
  }
  base::Result<std::vector<app::CardCount>> CountCards() override {
    return Ask([&] { return inner_.CountCards(); });
  }
  base::Result<std::int64_t> CountOpenSessions(domain::SessionKind kind,
                                               base::Timestamp created_until) override {
    return Ask([&] { return inner_.CountOpenSessions(kind, created_until); });
  }
  base::Status InsertCode(const app::SealedCard& code) override {
    return Write([code](auto& tx) { return tx.InsertCode(code); });
  }
  base::Result<std::optional<app::SealedCard>> TakeCode(const Uuid& card_id) override {
    return Write([card_id](auto& tx) { return tx.TakeCode(card_id); });
  }
  base::Status ScheduleDeletion(const app::CardDeletion& deletion) override {
    return Write([deletion](auto& tx) { return tx.ScheduleDeletion(deletion); });
  }
  base::Result<std::vector<app::CardDeletion>> ClaimDeletions(Timestamp now, Timestamp lease_until,
                                                              std::size_t limit) override {
    return Write([=](auto& tx) { return tx.ClaimDeletions(now, lease_until, limit); });
  }
  base::Status SaveDeletion(const app::CardDeletion& deletion) override {
    return Write([deletion](auto& tx) { return tx.SaveDeletion(deletion); });
  }
  base::Status EndDeletion(const std::string& card_id) override {
    return Write([card_id](auto& tx) { return tx.EndDeletion(card_id); });
  }
  base::Result<app::DeletionCounts> CountDeletions(Timestamp now) override {
    return Ask([&] { return inner_.CountDeletions(now); });
  }
  base::Result<std::optional<std::string>> FindFact(const std::string& name) override {
    return Ask([&] { return inner_.FindFact(name); });
  }
  base::Result<std::string> ShareFact(const std::string& name, const std::string& value) override {
    return Write([name, value](auto& tx) { return tx.ShareFact(name, value); });
  }
  base::Result<std::int64_t> AddToTally(const std::string& name, std::int64_t amount,
                                        std::int64_t leak_per_hour, base::Timestamp now) override {
    return Write([=](auto& tx) { return tx.AddToTally(name, amount, leak_per_hour, now); });
  }
  base::Result<std::size_t> Purge(Timestamp now, Timestamp before, std::size_t limit) override {
    return Write([=](auto& tx) { return tx.Purge(now, before, limit); });
  }

 private:
  bool Fails() {
    failed_ = failed_ || stage_.Strikes(FaultKind::kCallFails);
    return failed_;
  }
  template <class F>
  auto Ask(F call) -> decltype(call()) {
    if (Fails()) return base::Fail(base::ErrorCode::kUnavailable, "the disk failed");
    return call();
  }
  template <class F>
  auto Write(F call) -> decltype(call(std::declval<app::Transaction&>())) {
    if (Fails()) return base::Fail(base::ErrorCode::kUnavailable, "the disk failed");
    auto result = call(static_cast<app::Transaction&>(inner_));
    if (stage_.mutant == Mutant::kTornBatch) {
      writes_.emplace_back([call](app::Transaction& tx) { static_cast<void>(call(tx)); });
    }
    return result;
  }

  Stage& stage_;
  storage::MemoryTransaction inner_;
  std::vector<domain::Session> saved_;
  std::vector<WriteAgain> writes_;
  bool failed_ = false;
};

}  // namespace obolus::simulation
