// The store contract: transactions, group commit, refusals, the end.
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

using base::ErrorCode;
using domain::SessionKind;
using domain::SessionState;

base::Status Refused() {
  return base::Fail(ErrorCode::kInvalid, "the body says no");
}

TEST_P(StoreContract, ABodySeesItsOwnWrites) {
  const domain::Session session = samples_.NewPayment();
  std::optional<domain::Session> seen;
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    if (auto inserted = tx.InsertSession(session); !inserted) return inserted;
    auto found = tx.FindSession(session.id);
    if (!found) return std::unexpected(found.error());
    seen = *found;
    return {};
  }));
  EXPECT_EQ(seen, session);
}

TEST_P(StoreContract, AnErrorRollsBackWhatItsBodyWroteAndIsHandedOn) {
  const domain::Session session = samples_.NewPayment();
  const app::OutboxEvent event = samples_.NewEvent(session.id);
  const base::Status status = Write([&](app::Transaction& tx) -> base::Status {
    EXPECT_TRUE(tx.InsertSession(session));
    EXPECT_TRUE(tx.SaveSession(samples_.Ended(session), true));
    EXPECT_TRUE(tx.InsertEvent(event));
    EXPECT_TRUE(tx.InsertAnswer(samples_.NewAnswer("scope", "key")));
    EXPECT_TRUE(tx.InsertReceived(samples_.NewReceived("1", {session.id})));
    EXPECT_TRUE(tx.InsertCard(samples_.NewCard(session.id)));
    return Refused();
  });
  EXPECT_TRUE(FailsWith(status, ErrorCode::kInvalid));
  EXPECT_EQ(status.error().message, "the body says no");
  EXPECT_EQ(Session(session.id), std::nullopt);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), std::nullopt);
  EXPECT_EQ(Find([](app::Transaction& tx) { return tx.FindAnswer("scope", "key"); }), std::nullopt);
  EXPECT_TRUE(Find([&](app::Transaction& tx) { return tx.FindUnapplied(session.id); }).empty());
  EXPECT_EQ(Find([](app::Transaction& tx) { return tx.NextDueEvent(); }), std::nullopt);
  EXPECT_TRUE(Insert(session)) << "nothing of it stands in the way";
}

TEST_P(StoreContract, AnErrorRollsBackChangesOfOlderRows) {
  const domain::Session session = samples_.NewPayment();
  const app::OutboxEvent first = samples_.NewEvent(session.id);
  const app::OutboxEvent second = samples_.NewEvent(session.id);
  ASSERT_TRUE(Insert(session));
  ASSERT_TRUE(Insert(first));
  ASSERT_TRUE(Insert(second));
  const base::Status status = Write([&](app::Transaction& tx) -> base::Status {
    app::OutboxEvent delivered = first;
    delivered.status = app::EventStatus::kDelivered;
    EXPECT_TRUE(tx.SaveDelivery(delivered));
    EXPECT_TRUE(tx.SaveSession(samples_.Ended(session), true));
    EXPECT_TRUE(tx.Purge(samples_.Now(), samples_.Now() + std::chrono::hours(1), 10));
    return Refused();
  });
  EXPECT_TRUE(FailsWith(status, ErrorCode::kInvalid));
  EXPECT_EQ(Session(session.id), session);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(first.id); }), first);
  const auto claimed = Claim(samples_.Now());
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].id, first.id);
}

// Every third body fails, half of those after it wrote; all are in one batch.
TEST_P(StoreContract, BodiesThatFailInABatchLoseNothingOfTheOthers) {
  constexpr int kBodies = 200;
  std::vector<domain::Session> sessions;
  for (int i = 0; i < kBodies; ++i) sessions.push_back(samples_.NewPayment());
  std::vector<std::promise<base::Status>> outcomes(kBodies);
  std::vector<base::Uuid> noticed;
  store_->OnCommit([&](const app::CommitNotice& notice) {
    for (const auto& change : notice.sessions) noticed.push_back(change.id);
  });
  Blockade blockade(*store_);
  for (int i = 0; i < kBodies; ++i) {
    store_->Transact(
        [i, session = sessions[i]](app::Transaction& tx) -> base::Status {
          if (i % 6 == 0) return Refused();
          if (auto inserted = tx.InsertSession(session); !inserted) return inserted;
          return i % 6 == 3 ? Refused() : base::Status{};
        },
        [&outcome = outcomes[i]](base::Status status) { outcome.set_value(std::move(status)); });
  }
  blockade.Release();
  std::vector<base::Uuid> kept;
  for (int i = 0; i < kBodies; ++i) {
    const base::Status status = outcomes[i].get_future().get();
    EXPECT_EQ(status.has_value(), i % 3 != 0) << i;
    EXPECT_EQ(Session(sessions[i].id).has_value(), i % 3 != 0) << i;
    if (i % 3 != 0) kept.push_back(sessions[i].id);
  }
  EXPECT_EQ(noticed, kept);
}

TEST_P(StoreContract, ABodyThatThrowsFailsAlone) {
  const domain::Session lost = samples_.NewPayment();
  const domain::Session kept = samples_.NewPayment();
  Blockade blockade(*store_);
  std::promise<base::Status> outcome;
  store_->Transact(
      [&](app::Transaction& tx) -> base::Status {
        EXPECT_TRUE(tx.InsertSession(lost));
        throw std::runtime_error("no memory");
      },
      [&](base::Status status) { outcome.set_value(std::move(status)); });
  std::promise<base::Status> other;
  store_->Transact([&](app::Transaction& tx) { return tx.InsertSession(kept); },
                   [&](base::Status status) { other.set_value(std::move(status)); });
  blockade.Release();
  EXPECT_TRUE(FailsWith(outcome.get_future().get(), ErrorCode::kInternal));
  EXPECT_TRUE(other.get_future().get());
  EXPECT_EQ(Session(lost.id), std::nullopt);
  EXPECT_EQ(Session(kept.id), kept);
}

TEST_P(StoreContract, AConflictThatTheBodyHandlesSpoilsNothing) {
  const domain::Session session = samples_.NewPayment();
  const domain::Session other = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  base::Status again;
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    if (auto inserted = tx.InsertSession(other); !inserted) return inserted;
    again = tx.InsertSession(session);
    return {};
  }));
  EXPECT_TRUE(FailsWith(again, ErrorCode::kConflict));
  EXPECT_EQ(Session(other.id), other);
}

TEST_P(StoreContract, DoneRunsOnAThreadOfTheStoreAndAReadFromItSeesTheCommit) {
  const domain::Session session = samples_.NewPayment();
  std::promise<std::thread::id> thread;
  std::promise<bool> seen;
  store_->Transact([&](app::Transaction& tx) { return tx.InsertSession(session); },
                   [&](base::Status) {
                     thread.set_value(std::this_thread::get_id());
                     store_->Read(
                         [&](app::Transaction& tx) -> base::Status {
                           auto found = tx.FindSession(session.id);
                           if (!found || !*found) return Refused();
                           return {};
                         },
                         [&](base::Status status) { seen.set_value(status.has_value()); });
                   });
  EXPECT_NE(thread.get_future().get(), std::this_thread::get_id());
  EXPECT_TRUE(seen.get_future().get());
}

TEST_P(StoreContract, DoneMaySubmitTheNextWork) {
  const domain::Session first = samples_.NewPayment();
  const domain::Session second = samples_.NewPayment();
  std::promise<base::Status> outcome;
  store_->Transact([&](app::Transaction& tx) { return tx.InsertSession(first); },
                   [&](base::Status) {
                     store_->Transact(
                         [&](app::Transaction& tx) { return tx.InsertSession(second); },
                         [&](base::Status status) { outcome.set_value(std::move(status)); });
                   });
  EXPECT_TRUE(outcome.get_future().get());
}

TEST_P(StoreContract, ABodyThatReadsCannotWrite) {
  const domain::Session session = samples_.NewPayment();
  const auto write = [&](app::Transaction& tx) { return tx.InsertSession(session); };
  EXPECT_TRUE(FailsWith(ReadOnly(*store_, write), ErrorCode::kInternal));
  EXPECT_EQ(Session(session.id), std::nullopt);
}

TEST_P(StoreContract, AReadHandsOnTheErrorOfItsBody) {
  EXPECT_TRUE(FailsWith(ReadOnly(*store_, [](app::Transaction&) { return Refused(); }),
                        ErrorCode::kInvalid));
}

TEST_P(StoreContract, TheListenerHearsWhatACommitChangedBeforeItsDone) {
  std::mutex mutex;
  std::vector<app::CommitNotice> notices;
  store_->OnCommit([&](const app::CommitNotice& notice) {
    const std::lock_guard lock(mutex);
    notices.push_back(notice);
  });
  const auto last = [&] {
    const std::lock_guard lock(mutex);
    return notices.back();
  };
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(session));
  using Changes = std::vector<app::SessionChange>;
  EXPECT_EQ(last().sessions,
            (Changes{{session.id, SessionKind::kPayment, SessionState::kOpen, true}}));
  EXPECT_FALSE(last().events);
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    if (auto saved = tx.SaveSession(samples_.Ended(session), true); !saved) return saved;
    return tx.InsertEvent(samples_.NewEvent(session.id));
  }));
  EXPECT_EQ(last().sessions,
            (Changes{{session.id, SessionKind::kPayment, SessionState::kExpired, true}}));
  EXPECT_TRUE(last().events);
  ASSERT_TRUE(Write(
      [&](app::Transaction& tx) { return tx.InsertAnswer(samples_.NewAnswer("scope", "key")); }));
  EXPECT_TRUE(last().sessions.empty());
  EXPECT_FALSE(last().events);
}

TEST_P(StoreContract, ANoticeTellsAnEnteredStateFromAnAnnotation) {
  domain::Session session = samples_.NewTds(samples_.NewId());
  std::vector<app::SessionChange> changes;
  store_->OnCommit([&](const app::CommitNotice& notice) {
    changes.insert(changes.end(), notice.sessions.begin(), notice.sessions.end());
  });
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    EXPECT_TRUE(tx.InsertSession(session));
    ++session.version;
    EXPECT_TRUE(tx.SaveSession(session, false));
    return tx.SaveSession(samples_.Ended(session), true);
  }));
  EXPECT_EQ(changes, (std::vector<app::SessionChange>{
                         {session.id, SessionKind::kTds, SessionState::kOpen, true},
                         {session.id, SessionKind::kTds, SessionState::kOpen, false},
                         {session.id, SessionKind::kTds, SessionState::kExpired, true}}));
}

// The body that fails makes a store that batches run the others again.
TEST_P(StoreContract, AChangeIsNoticedOnceHoweverOftenItsBodyRanAndNeverWhenItWasRolledBack) {
  const domain::Session kept = samples_.NewPayment();
  const domain::Session lost = samples_.NewPayment();
  std::vector<app::SessionChange> changes;
  store_->OnCommit([&](const app::CommitNotice& notice) {
    changes.insert(changes.end(), notice.sessions.begin(), notice.sessions.end());
  });
  Blockade blockade(*store_);
  std::promise<base::Status> done;
  std::promise<base::Status> failed;
  store_->Transact(
      [&](app::Transaction& tx) -> base::Status {
        if (auto inserted = tx.InsertSession(kept); !inserted) return inserted;
        return tx.SaveSession(samples_.Ended(kept), true);
      },
      [&](base::Status status) { done.set_value(std::move(status)); });
  store_->Transact(
      [&](app::Transaction& tx) -> base::Status {
        EXPECT_TRUE(tx.InsertSession(lost));
        EXPECT_TRUE(tx.SaveSession(samples_.Ended(lost), true));
        return Refused();
      },
      [&](base::Status status) { failed.set_value(std::move(status)); });
  blockade.Release();
  EXPECT_TRUE(done.get_future().get());
  EXPECT_TRUE(FailsWith(failed.get_future().get(), ErrorCode::kInvalid));
  EXPECT_EQ(changes, (std::vector<app::SessionChange>{
                         {kept.id, SessionKind::kPayment, SessionState::kOpen, true},
                         {kept.id, SessionKind::kPayment, SessionState::kExpired, true}}));
}

TEST_P(StoreContract, AFullQueueRefusesAtOnceAndLosesNothingOfWhatWaits) {
  std::atomic<std::size_t> kept = 0;
  Blockade blockade(*store_);
  std::promise<void> all;
  for (std::size_t i = 0; i < kMaxQueued; ++i) {
    store_->Transact([](app::Transaction&) { return base::Status{}; },
                     [&](base::Status status) {
                       if (status && ++kept == kMaxQueued) all.set_value();
                     });
  }
  const base::Status refused = Write([](app::Transaction&) { return base::Status{}; });
  ASSERT_TRUE(FailsWith(refused, ErrorCode::kRateLimited));
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(1));
  blockade.Release();
  all.get_future().wait();
  EXPECT_EQ(kept, kMaxQueued);
  EXPECT_TRUE(Write([](app::Transaction&) { return base::Status{}; }));
}

TEST_P(StoreContract, CloseFinishesWhatIsQueued) {
  constexpr int kBodies = 100;
  std::atomic<int> committed = 0;
  std::atomic<int> read = 0;
  for (int i = 0; i < kBodies; ++i) {
    store_->Transact([session = samples_.NewPayment()](
                         app::Transaction& tx) { return tx.InsertSession(session); },
                     [&](base::Status status) { committed += status.has_value(); });
    store_->Read(
        [](app::Transaction& tx) -> base::Status {
          if (auto counts = tx.CountOutbox(); !counts) return std::unexpected(counts.error());
          return {};
        },
        [&](base::Status status) { read += status.has_value(); });
  }
  store_->Close();
  EXPECT_EQ(committed, kBodies);
  EXPECT_EQ(read, kBodies);
}

TEST_P(StoreContract, AClosedStoreRefuses) {
  ASSERT_TRUE(store_->CheckHealth());
  store_->Close();
  store_->Close();
  const auto nothing = [](app::Transaction&) { return base::Status{}; };
  EXPECT_TRUE(FailsWith(Write(nothing), ErrorCode::kUnavailable));
  EXPECT_TRUE(FailsWith(ReadOnly(*store_, nothing), ErrorCode::kUnavailable));
  EXPECT_TRUE(FailsWith(store_->CheckHealth(), ErrorCode::kUnavailable));
}

TEST_P(StoreContract, TheTypedCallsHandOverTheValueOrTheError) {
  const domain::Session session = samples_.NewPayment();
  std::promise<base::Result<int>> inserted;
  app::Transact<int>(
      *store_,
      [&](app::Transaction& tx) -> base::Result<int> {
        if (auto status = tx.InsertSession(session); !status) {
          return std::unexpected(status.error());
        }
        return 42;
      },
      [&](base::Result<int> value) { inserted.set_value(std::move(value)); });
  EXPECT_EQ(inserted.get_future().get(), 42);
  std::promise<base::Result<int>> failed;
  app::Read<int>(
      *store_,
      [](app::Transaction&) -> base::Result<int> { return std::unexpected(Refused().error()); },
      [&](base::Result<int> value) { failed.set_value(std::move(value)); });
  const base::Result<int> error = failed.get_future().get();
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code, ErrorCode::kInvalid);
}

TEST_P(DurableStoreContract, AnotherOpeningFindsAllThatWasCommitted) {
  const domain::Session session = samples_.FullPayment();
  const app::OutboxEvent event = samples_.NewEvent(session.id);
  const app::SealedCard card = samples_.NewCard(session.id);
  const app::IdempotentAnswer answer = samples_.NewAnswer("scope", "key");
  const app::ReceivedEvent received = samples_.NewReceived("1", {session.id});
  ASSERT_TRUE(Insert(session));
  ASSERT_TRUE(Write([&](app::Transaction& tx) -> base::Status {
    EXPECT_TRUE(tx.InsertEvent(event));
    EXPECT_TRUE(tx.InsertCard(card));
    EXPECT_TRUE(tx.InsertAnswer(answer));
    EXPECT_TRUE(tx.InsertReceived(received));
    return {};
  }));
  Open();
  EXPECT_EQ(Session(session.id), session);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), event);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindCard(card.id); }), card);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindAnswer("scope", "key"); }), answer);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindUnapplied(session.id); }),
            (std::vector{received}));
}

}  // namespace
}  // namespace obolus::contract
