// Two stores on one PostgreSQL database: what one writer gives for nothing must hold here too.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <map>
#include <mutex>
#include <thread>

#include "support/postgres_stand.h"

namespace obolus::storage {
namespace {

using contract::FailsWith;
using namespace tests;  // NOLINT(google-build-using-namespace)

// Two processes' stores on one database, each with several writers.
class TwoPostgresStores : public PostgresStoreTest {
 protected:
  app::Store& Store(int i) { return i % 2 == 0 ? *first_ : *second_; }

  std::unique_ptr<PostgresStore> first_ = OpenAt(dsn_);
  std::unique_ptr<PostgresStore> second_ = OpenAt(dsn_);
};

// Runs `act(i)` on as many threads, all at once.
void Together(int count, const std::function<void(int)>& act) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&act, i] { act(i); });
  for (auto& thread : threads) thread.join();
}

TEST_F(TwoPostgresStores, OneOfManySaversOfASessionWins) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(*first_, session));
  std::atomic<int> saved = 0;
  std::atomic<int> conflicts = 0;
  Together(16, [&](int i) {
    const auto status = contract::Write(Store(i), [&](app::Transaction& tx) {
      return tx.SaveSession(samples_.Ended(session), true);
    });
    if (status) ++saved;
    if (FailsWith(status, base::ErrorCode::kConflict)) ++conflicts;
  });
  EXPECT_EQ(saved, 1);
  EXPECT_EQ(conflicts, 15);
}

TEST_F(TwoPostgresStores, BodiesThatReadBeforeTheyWriteGoOneAfterTheOther) {
  const domain::Session session = samples_.NewPayment();
  ASSERT_TRUE(Insert(*first_, session));
  constexpr int kWriters = 8;
  constexpr int kTimes = 10;
  Together(kWriters, [&](int i) {
    for (int n = 0; n < kTimes; ++n) {
      const auto status = contract::Write(Store(i), [&](app::Transaction& tx) -> base::Status {
        auto found = tx.FindSession(session.id);
        if (!found) return std::unexpected(found.error());
        domain::Session next = **found;
        ++next.version;
        ++next.attempts;
        return tx.SaveSession(next, false);
      });
      EXPECT_TRUE(status) << status.error().message;
    }
  });
  EXPECT_EQ(Session(*first_, session.id)->attempts, kWriters * kTimes);
}

TEST_F(TwoPostgresStores, ARepeatedKeyThatIsLookedUpFirstIsFoundAndNoConflict) {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> inserted = 0;
    Together(8, [&](int i) {
      bool mine = false;
      const auto status = contract::Write(Store(i), [&](app::Transaction& tx) -> base::Status {
        mine = false;
        auto found = tx.FindAnswer("scope", std::to_string(round));
        if (!found) return std::unexpected(found.error());
        if (*found) return {};
        mine = true;
        return tx.InsertAnswer(samples_.NewAnswer("scope", std::to_string(round)));
      });
      EXPECT_TRUE(status) << status.error().message;
      inserted += mine;
    });
    EXPECT_EQ(inserted, 1);
  }
}

// One looks for the session and keeps the event when there is none; the other opens the session and
// looks for events. Whatever the order, one of them sees the other.
TEST_F(TwoPostgresStores, AnEarlyEventAndTheOpeningOfItsSessionSeeOneAnother) {
  for (int round = 0; round < 40; ++round) {
    const domain::Session session = samples_.NewPayment(samples_.NewId());
    bool session_seen = false;
    bool event_seen = false;
    Together(2, [&](int i) {
      const auto receive = [&](app::Transaction& tx) -> base::Status {
        auto found = tx.FindByTerminal(session.kind, session.terminal_id);
        if (!found) return std::unexpected(found.error());
        session_seen = found->has_value();
        auto event = samples_.NewReceived(std::to_string(round), {session.terminal_id});
        event.applied = session_seen;
        auto inserted = tx.InsertReceived(event);
        if (!inserted) return std::unexpected(inserted.error());
        return {};
      };
      const auto open = [&](app::Transaction& tx) -> base::Status {
        if (auto inserted = tx.InsertSession(session); !inserted) return inserted;
        auto early = tx.FindUnapplied(session.terminal_id);
        if (!early) return std::unexpected(early.error());
        event_seen = !early->empty();
        return {};
      };
      EXPECT_TRUE(i == 0 ? contract::Write(*first_, receive) : contract::Write(*second_, open));
    });
    EXPECT_TRUE(session_seen || event_seen) << "round " << round;
  }
}

// Events of a few sessions are added, claimed and settled by everybody at once.
TEST_F(TwoPostgresStores, EventsOfASessionAreClaimedInOrderAndNoneIsLeftBehind) {
  constexpr int kSessions = 6;
  constexpr int kEvents = 15;
  std::vector<domain::Session> sessions;
  for (int i = 0; i < kSessions; ++i) {
    sessions.push_back(samples_.NewPayment());
    ASSERT_TRUE(Insert(*first_, sessions.back()));
  }
  const base::Timestamp now = samples_.Now();
  std::mutex mutex;
  std::map<base::Uuid, std::vector<base::Uuid>> added, claimed;
  std::atomic<int> settled = 0;
  const auto add = [&](int i) {
    for (int n = 0; n < kEvents; ++n) {
      app::OutboxEvent event;
      {
        const std::lock_guard lock(mutex);
        event = samples_.NewEvent(sessions[static_cast<std::size_t>(i)].id);
      }
      EXPECT_TRUE(contract::Write(Store(n), [&](auto& tx) { return tx.InsertEvent(event); }));
      const std::lock_guard lock(mutex);
      added[event.session_id].push_back(event.id);
    }
  };
  const auto relay = [&](int i) {
    while (settled < kSessions * kEvents) {
      std::vector<app::OutboxEvent> events;
      EXPECT_TRUE(contract::Write(Store(i), [&](app::Transaction& tx) -> base::Status {
        auto due = tx.ClaimDueEvents({.now = now,
                                      .lease_until = now + std::chrono::hours(1),
                                      .fresh_since = now - std::chrono::hours(1),
                                      .limit = 4,
                                      .backlog_limit = 4});
        if (!due) return std::unexpected(due.error());
        events = *due;
        return {};
      }));
      for (app::OutboxEvent& event : events) {
        {
          const std::lock_guard lock(mutex);
          claimed[event.session_id].push_back(event.id);
        }
        event.status = app::EventStatus::kDelivered;
        event.settled_at = now;
        EXPECT_TRUE(contract::Write(Store(i), [&](auto& tx) { return tx.SaveDelivery(event); }));
        ++settled;
      }
    }
  };
  Together(kSessions + 4, [&](int i) { i < kSessions ? add(i) : relay(i); });
  EXPECT_EQ(claimed, added);
}

TEST_F(TwoPostgresStores, ALeaseOutlivesTheOpeningOfAnotherStore) {
  const app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  ASSERT_TRUE(contract::Write(*first_, [&](auto& tx) { return tx.InsertEvent(event); }));
  const auto claim = [&](app::Store& store, base::Timestamp now) {
    std::vector<app::OutboxEvent> events;
    EXPECT_TRUE(contract::Write(store, [&](app::Transaction& tx) -> base::Status {
      auto due = tx.ClaimDueEvents({.now = now,
                                    .lease_until = now + std::chrono::seconds(60),
                                    .fresh_since = now,
                                    .limit = 9,
                                    .backlog_limit = 9});
      if (!due) return std::unexpected(due.error());
      events = *due;
      return {};
    }));
    return events;
  };
  const auto first = claim(*first_, samples_.Now());
  ASSERT_EQ(first.size(), 1u);
  second_.reset();
  second_ = OpenAt(dsn_);
  EXPECT_TRUE(claim(*second_, samples_.Now()).empty());
  ASSERT_EQ(claim(*second_, samples_.Now() + std::chrono::seconds(60)).size(), 1u);
  EXPECT_TRUE(
      FailsWith(contract::Write(*first_, [&](auto& tx) { return tx.SaveDelivery(first[0]); }),
                base::ErrorCode::kConflict));
}

TEST_F(TwoPostgresStores, EachHearsOfTheOthersChangesAndCountsItsOwn) {
  std::mutex mutex;
  std::vector<app::CommitNotice> own, heard;
  first_->OnCommit([&](const app::CommitNotice& notice) {
    const std::lock_guard lock(mutex);
    (notice.elsewhere ? heard : own).push_back(notice);
  });
  const auto hears = [&](const base::Uuid& id) {
    return Eventually([&] {
      const std::lock_guard lock(mutex);
      return std::ranges::any_of(heard, [&](const app::CommitNotice& notice) {
        return notice.events && !notice.sessions.empty() && notice.sessions[0].id == id;
      });
    });
  };
  const domain::Session session = samples_.NewPayment();
  const domain::Session mine = samples_.NewPayment();
  ASSERT_TRUE(Insert(*second_, session));
  ASSERT_TRUE(Insert(*first_, mine));
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return !heard.empty();  // it listens
  }));
  const auto end = [&](app::Store& store, const domain::Session& ending) {
    return contract::Write(store, [&](app::Transaction& tx) -> base::Status {
      if (auto saved = tx.SaveSession(samples_.Ended(ending), true); !saved) return saved;
      return tx.InsertEvent(samples_.NewEvent(ending.id));
    });
  };
  ASSERT_TRUE(end(*first_, mine));
  ASSERT_TRUE(end(*second_, session));
  EXPECT_TRUE(hears(session.id));
  const std::lock_guard lock(mutex);
  EXPECT_EQ(own.size(), 2u);
  for (const auto& notice : heard) {
    for (const auto& change : notice.sessions) EXPECT_EQ(change.id, session.id);
  }
}

TEST_F(TwoPostgresStores, DeadlocksAreTriedAgain) {
  const domain::Session a = samples_.NewPayment();
  const domain::Session b = samples_.NewPayment();
  ASSERT_TRUE(Insert(*first_, a));
  ASSERT_TRUE(Insert(*first_, b));
  const auto touch = [&](app::Transaction& tx, const base::Uuid& id) -> base::Status {
    auto found = tx.FindSession(id);
    if (!found) return std::unexpected(found.error());
    domain::Session next = **found;
    ++next.version;
    ++next.attempts;
    return tx.SaveSession(next, false);
  };
  std::barrier both(2);
  Together(2, [&](int i) {
    bool first_run = true;
    const auto status = contract::Write(Store(i), [&](app::Transaction& tx) -> base::Status {
      if (auto touched = touch(tx, i == 0 ? a.id : b.id); !touched) return touched;
      if (std::exchange(first_run, false)) {
        static_cast<void>(tx.FindSession(i == 0 ? a.id : b.id));  // the write is on the server
        both.arrive_and_wait();
      }
      return touch(tx, i == 0 ? b.id : a.id);
    });
    EXPECT_TRUE(status) << status.error().message;
  });
  EXPECT_EQ(Session(*first_, a.id)->attempts, 2);
  EXPECT_EQ(Session(*first_, b.id)->attempts, 2);
}

}  // namespace
}  // namespace obolus::storage
