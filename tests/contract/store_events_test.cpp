// The store contract: the outbox.
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "contract/store_contract.h"

namespace obolus::contract {
namespace {

using app::EventStatus;
using base::ErrorCode;
using base::Millis;

std::vector<base::Uuid> IdsOf(const std::vector<app::OutboxEvent>& events) {
  std::vector<base::Uuid> ids;
  for (const auto& event : events) ids.push_back(event.id);
  return ids;
}

app::OutboxEvent Settled(app::OutboxEvent event, EventStatus status, base::Timestamp at) {
  event.status = status;
  event.settled_at = at;
  ++event.attempts;
  return event;
}

TEST_P(StoreContract, AnEventComesBackByteForByte) {
  app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  event.last_error = "503";
  event.attempts = 3;
  ASSERT_TRUE(Insert(event));
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), event);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(samples_.NewId()); }),
            std::nullopt);
}

TEST_P(StoreContract, InsertingAnExistingEventIsAConflict) {
  const app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  ASSERT_TRUE(Insert(event));
  app::OutboxEvent again = samples_.NewEvent(samples_.NewId());
  again.id = event.id;
  EXPECT_TRUE(FailsWith(Insert(again), ErrorCode::kConflict));
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), event);
}

TEST_P(StoreContract, SaveDeliveryChangesTheDeliveryAndNothingElse) {
  const app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  ASSERT_TRUE(Insert(event));
  app::OutboxEvent changed = event;
  changed.attempts = 4;
  changed.due_at += Millis(10);
  changed.first_due_at += Millis(1);
  changed.last_error = "timeout";
  app::OutboxEvent meddled = changed;
  meddled.body = "other bytes";
  meddled.type = "Other";
  meddled.time += Millis(1);
  ASSERT_TRUE(Save(meddled));
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), changed);
}

TEST_P(StoreContract, SavingAnUnknownDeliveryIsNotFound) {
  EXPECT_TRUE(FailsWith(Save(samples_.NewEvent(samples_.NewId())), ErrorCode::kNotFound));
}

TEST_P(StoreContract, EventsAreListedNewestFirstByStatusAndSession) {
  const base::Uuid session = samples_.NewId();
  std::vector<app::OutboxEvent> events;
  for (int i = 0; i < 6; ++i) {
    events.push_back(samples_.NewEvent(i % 2 == 0 ? session : samples_.NewId()));
    ASSERT_TRUE(Insert(events.back()));
  }
  ASSERT_TRUE(Save(Settled(events[0], EventStatus::kDelivered, samples_.Now())));
  ASSERT_TRUE(Save(Settled(events[1], EventStatus::kParked, samples_.Now())));
  const auto list = [&](app::EventFilter filter) {
    return IdsOf(Find([&](app::Transaction& tx) { return tx.ListEvents(filter); }));
  };
  const auto ids = IdsOf(events);
  EXPECT_EQ(list({}), (std::vector{ids[5], ids[4], ids[3], ids[2], ids[1], ids[0]}));
  EXPECT_EQ(list({.limit = 2}), (std::vector{ids[5], ids[4]}));
  EXPECT_EQ(list({.status = EventStatus::kPending, .limit = 3}),
            (std::vector{ids[5], ids[4], ids[3]}));
  EXPECT_EQ(list({.status = EventStatus::kDelivered}), (std::vector{ids[0]}));
  EXPECT_EQ(list({.status = EventStatus::kParked}), (std::vector{ids[1]}));
  EXPECT_EQ(list({.session_id = session}), (std::vector{ids[4], ids[2], ids[0]}));
  EXPECT_EQ(list({.status = EventStatus::kPending, .session_id = session}),
            (std::vector{ids[4], ids[2]}));
}

TEST_P(StoreContract, AClaimTakesDueEventsEarliestFirst) {
  std::vector<app::OutboxEvent> events;
  for (const int delay : {0, -5, 1, -3}) {
    events.push_back(samples_.NewEvent(samples_.NewId()));
    events.back().due_at += Millis(delay);
    ASSERT_TRUE(Insert(events.back()));
  }
  const auto ids = IdsOf(events);
  EXPECT_EQ(IdsOf(Claim(samples_.Now(), 2)), (std::vector{ids[1], ids[3]}));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{ids[0]}));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector<base::Uuid>{}));
  EXPECT_EQ(IdsOf(Claim(samples_.Now() + Millis(1))), (std::vector{ids[2]}));
}

TEST_P(StoreContract, AClaimLastsUntilItsLease) {
  const app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  ASSERT_TRUE(Insert(event));
  const base::Timestamp lease_until = samples_.Now() + std::chrono::seconds(60);
  const auto claimed = Claim(samples_.Now());
  ASSERT_EQ(claimed.size(), 1u);
  app::OutboxEvent expected = event;
  expected.due_at = lease_until;
  expected.lease = 1;
  EXPECT_EQ(claimed[0], expected);
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), expected);
  EXPECT_TRUE(Claim(lease_until - Millis(1)).empty());
  EXPECT_EQ(Claim(lease_until).size(), 1u);
}

TEST_P(ExclusiveStoreContract, EventsClaimedBeforeTheStoreOpenedAreDueAtOnceInOrder) {
  const base::Uuid session = samples_.NewId();
  const app::OutboxEvent first = samples_.NewEvent(session);
  const app::OutboxEvent second = samples_.NewEvent(session);
  const app::OutboxEvent other = samples_.NewEvent(samples_.NewId());
  for (const auto& event : {first, second, other}) ASSERT_TRUE(Insert(event));
  ASSERT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{first.id, other.id}));
  ASSERT_TRUE(Save(Settled(other, EventStatus::kDelivered, samples_.Now())));
  ASSERT_TRUE(Claim(samples_.Now()).empty());
  Open();
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{first.id}));
  ASSERT_TRUE(Save(Settled(first, EventStatus::kDelivered, samples_.Now())));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{second.id}));
}

TEST_P(DurableStoreContract, AnEventInBackOffStaysSoWhenTheStoreOpensAgain) {
  const app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
  ASSERT_TRUE(Insert(event));
  ASSERT_EQ(Claim(samples_.Now()).size(), 1u);
  app::OutboxEvent retried = event;
  retried.attempts = 1;
  retried.due_at = samples_.Now() + std::chrono::seconds(5);
  ASSERT_TRUE(Save(retried));
  retried.lease = 1;
  Open();
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(event.id); }), retried);
  EXPECT_TRUE(Claim(retried.due_at - Millis(1)).empty());
  EXPECT_EQ(IdsOf(Claim(retried.due_at)), (std::vector{event.id}));
}

TEST_P(DurableStoreContract, AClaimedEventThatAnOlderOneOvertookWaitsForItAfterOpening) {
  const base::Uuid session = samples_.NewId();
  const app::OutboxEvent first = samples_.NewEvent(session);
  const app::OutboxEvent second = samples_.NewEvent(session);
  ASSERT_TRUE(Insert(Settled(first, EventStatus::kParked, samples_.Now())));
  ASSERT_TRUE(Insert(second));
  ASSERT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{second.id}));
  ASSERT_TRUE(Save(first)) << "replayed";
  Open();
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{first.id}));
}

TEST_P(StoreContract, OnlyTheOldestPendingEventOfASessionIsClaimed) {
  const base::Uuid session = samples_.NewId();
  const app::OutboxEvent first = samples_.NewEvent(session);
  app::OutboxEvent second = samples_.NewEvent(session);
  second.due_at -= std::chrono::hours(1);
  const app::OutboxEvent other = samples_.NewEvent(samples_.NewId());
  for (const auto& event : {first, second, other}) ASSERT_TRUE(Insert(event));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{first.id, other.id}));
  EXPECT_TRUE(Claim(samples_.Now()).empty()) << "the second waits while the first is under way";
  ASSERT_TRUE(Save(Settled(first, EventStatus::kDelivered, samples_.Now())));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{second.id}));
}

TEST_P(StoreContract, AFailedAttemptHoldsBackTheLaterOnesOfItsSession) {
  const base::Uuid session = samples_.NewId();
  app::OutboxEvent first = samples_.NewEvent(session);
  const app::OutboxEvent second = samples_.NewEvent(session);
  ASSERT_TRUE(Insert(first));
  ASSERT_TRUE(Insert(second));
  Claim(samples_.Now());
  first.due_at = samples_.Now() + std::chrono::seconds(5);
  first.attempts = 1;
  ASSERT_TRUE(Save(first));
  EXPECT_TRUE(Claim(samples_.Now() + std::chrono::seconds(4)).empty());
  EXPECT_EQ(IdsOf(Claim(samples_.Now() + std::chrono::seconds(5))), (std::vector{first.id}));
}

TEST_P(StoreContract, WhoseLeaseRanOutCannotSaveAfterTheNextClaim) {
  ASSERT_TRUE(Insert(samples_.NewEvent(samples_.NewId())));
  const auto first = Claim(samples_.Now());
  const auto second = Claim(samples_.Now() + std::chrono::seconds(60));
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_GT(second[0].lease, first[0].lease);
  app::OutboxEvent retry = first[0];
  retry.last_error = "too late";
  EXPECT_TRUE(FailsWith(SaveUnderItsLease(retry), ErrorCode::kConflict));
  const app::OutboxEvent delivered = Settled(second[0], EventStatus::kDelivered, samples_.Now());
  EXPECT_TRUE(SaveUnderItsLease(delivered));
  EXPECT_TRUE(FailsWith(SaveUnderItsLease(retry), ErrorCode::kConflict));
  EXPECT_EQ(Find([&](app::Transaction& tx) { return tx.FindEvent(retry.id); }), delivered);
}

TEST_P(StoreContract, FreshEventsGoBeforeABacklogThatHasALimit) {
  const base::Timestamp now = samples_.Now();
  const auto add = [&](std::chrono::seconds first_due, std::chrono::seconds due) {
    app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
    event.first_due_at = now + first_due;
    event.due_at = now + due;
    EXPECT_TRUE(Insert(event));
    return event.id;
  };
  using std::chrono::seconds;
  const auto old = add(seconds(-31), seconds(-2));
  const auto older = add(seconds(-99), seconds(-3));
  const auto oldest = add(seconds(-100), seconds(0));
  const auto fresh = add(seconds(0), seconds(0));
  const auto retried = add(seconds(-30), seconds(-1));
  add(seconds(0), seconds(1));
  const auto claim = [&](std::size_t limit, std::size_t backlog_limit) {
    return IdsOf(Claim({.now = now,
                        .lease_until = now + seconds(60),
                        .fresh_since = now - seconds(30),
                        .limit = limit,
                        .backlog_limit = backlog_limit}));
  };
  EXPECT_EQ(claim(1, 1), (std::vector{retried}));
  EXPECT_EQ(claim(9, 0), (std::vector{fresh}));
  EXPECT_EQ(claim(9, 2), (std::vector{older, old}));
  EXPECT_EQ(claim(0, 9), (std::vector<base::Uuid>{}));
  EXPECT_EQ(claim(9, 9), (std::vector{oldest}));
}

TEST_P(StoreContract, WhatIsDueLaterThanAnybodyMeantIsDueNow) {
  const base::Timestamp now = samples_.Now();
  const auto add = [&](std::chrono::seconds due) {
    app::OutboxEvent event = samples_.NewEvent(samples_.NewId());
    event.due_at = now + due;
    EXPECT_TRUE(Insert(event));
    return event.id;
  };
  using std::chrono::seconds;
  add(seconds(900));
  const auto tomorrow = add(seconds(86'400));
  const auto stray = add(seconds(901));
  const auto due = add(seconds(0));
  const auto claim = [&](std::size_t backlog_limit) {
    return IdsOf(Claim({.now = now,
                        .lease_until = now + seconds(60),
                        .fresh_since = now - seconds(30),
                        .limit = 9,
                        .backlog_limit = backlog_limit,
                        .latest_due = now + seconds(900)}));
  };
  EXPECT_EQ(claim(1), (std::vector{due, stray}));
  EXPECT_EQ(claim(9), (std::vector{tomorrow}));
  EXPECT_EQ(claim(9), (std::vector<base::Uuid>{})) << "leased as any other";
}

TEST_P(StoreContract, AParkedEventDoesNotBlockTheNextAndGoesFirstWhenReplayed) {
  const base::Uuid session = samples_.NewId();
  const app::OutboxEvent first = samples_.NewEvent(session);
  const app::OutboxEvent second = samples_.NewEvent(session);
  ASSERT_TRUE(Insert(first));
  ASSERT_TRUE(Insert(second));
  ASSERT_TRUE(Save(Settled(first, EventStatus::kParked, samples_.Now())));
  EXPECT_EQ(Find([](app::Transaction& tx) { return tx.NextDueEvent(); }), second.due_at);
  ASSERT_TRUE(Save(first));
  EXPECT_EQ(IdsOf(Claim(samples_.Now())), (std::vector{first.id}));
}

TEST_P(StoreContract, TheListenerHearsWhenAnEventBecomesTheNextToDeliver) {
  std::atomic<bool> events = false;
  store_->OnCommit([&](const app::CommitNotice& notice) { events = notice.events; });
  const base::Uuid session = samples_.NewId();
  app::OutboxEvent first = samples_.NewEvent(session);
  ASSERT_TRUE(Insert(first));
  ASSERT_TRUE(Insert(samples_.NewEvent(session)));
  EXPECT_TRUE(events);
  first.due_at += Millis(5);
  ASSERT_TRUE(Save(first));
  EXPECT_FALSE(events) << "an attempt failed: nothing new to do now";
  ASSERT_TRUE(Save(Settled(first, EventStatus::kParked, samples_.Now())));
  EXPECT_TRUE(events) << "the second is next";
  ASSERT_TRUE(Save(first));
  EXPECT_TRUE(events) << "replayed";
}

TEST_P(StoreContract, NextDueIsTheEarliestThatMayBeClaimed) {
  const auto next = [&] { return Find([](app::Transaction& tx) { return tx.NextDueEvent(); }); };
  EXPECT_EQ(next(), std::nullopt);
  const base::Uuid session = samples_.NewId();
  app::OutboxEvent first = samples_.NewEvent(session);
  first.due_at += Millis(50);
  ASSERT_TRUE(Insert(first));
  ASSERT_TRUE(Insert(samples_.NewEvent(session)));
  EXPECT_EQ(next(), first.due_at) << "the second one waits for it";
  app::OutboxEvent other = samples_.NewEvent(samples_.NewId());
  other.due_at += Millis(20);
  ASSERT_TRUE(Insert(other));
  EXPECT_EQ(next(), other.due_at);
}

TEST_P(StoreContract, TheOutboxIsCounted) {
  const auto count = [&] { return Find([](app::Transaction& tx) { return tx.CountOutbox(); }); };
  EXPECT_EQ(count().pending, 0);
  EXPECT_EQ(count().oldest_pending, std::nullopt);
  std::vector<app::OutboxEvent> events;
  for (int i = 0; i < 5; ++i) {
    events.push_back(samples_.NewEvent(samples_.NewId()));
    ASSERT_TRUE(Insert(events.back()));
    samples_.Advance(Millis(1));
  }
  ASSERT_TRUE(Save(Settled(events[0], EventStatus::kDelivered, samples_.Now())));
  ASSERT_TRUE(Save(Settled(events[1], EventStatus::kParked, samples_.Now())));
  EXPECT_EQ(count().pending, 3);
  EXPECT_EQ(count().parked, 1);
  EXPECT_EQ(count().oldest_pending, events[2].time);
}

TEST_P(StoreContract, RelaysThatClaimTogetherTakeEachEventOnce) {
  constexpr int kEvents = 200;
  for (int i = 0; i < kEvents; ++i) ASSERT_TRUE(Insert(samples_.NewEvent(samples_.NewId())));
  std::mutex mutex;
  std::vector<base::Uuid> taken;
  std::vector<std::thread> relays;
  for (int i = 0; i < 8; ++i) {
    relays.emplace_back([&] {
      while (true) {
        const auto ids = IdsOf(Claim(samples_.Now(), 7));
        if (ids.empty()) return;
        const std::lock_guard lock(mutex);
        taken.insert(taken.end(), ids.begin(), ids.end());
      }
    });
  }
  for (auto& relay : relays) relay.join();
  EXPECT_EQ(taken.size(), std::size_t{kEvents});
  EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), std::size_t{kEvents});
}

}  // namespace
}  // namespace obolus::contract
