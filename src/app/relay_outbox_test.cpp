#include "app/relay_outbox.h"

#include <gtest/gtest.h>

#include "support/relay_stand.h"

namespace obolus::app {
namespace {

using base::Millis;
using testing::Accepted;
using testing::Failed;
using testing::Gone;
using testing::RelayStand;

const testing::FakeBridge::Reply kAccept = [](const OutboxEvent&) { return Accepted(); };
const testing::FakeBridge::Reply kFail = [](const OutboxEvent&) { return Failed(); };
const testing::FakeBridge::Reply kHold = [](const OutboxEvent&) { return std::nullopt; };

std::vector<Uuid> IdsOf(const std::vector<OutboxEvent>& events) {
  std::vector<Uuid> ids;
  for (const auto& event : events) ids.push_back(event.id);
  return ids;
}

TEST(RelayOutbox, DeliversWhatWasCommittedBeforeItStarted) {
  RelayStand stand(kAccept);
  const auto event = stand.Add();
  stand.app.clock.Advance(Millis(250));
  stand.relay.Start();
  stand.Settle();
  const auto stored = stand.Stored(event.id);
  EXPECT_EQ(stored.status, EventStatus::kDelivered);
  EXPECT_EQ(stored.attempts, 1);
  EXPECT_EQ(stored.settled_at, stand.app.clock.Now());
  EXPECT_EQ(stand.bridge.arrived().size(), 1U);
  ASSERT_EQ(stand.reports().size(), 1U);
  EXPECT_EQ(stand.reports()[0].id, event.id);
  EXPECT_EQ(stand.reports()[0].status, EventStatus::kDelivered);
  EXPECT_EQ(stand.reports()[0].since_commit, Millis(250));
}

TEST(RelayOutbox, WakesOnCommitWithoutWaitingForItsSleep) {
  RelayStand stand(kAccept);
  stand.WakeOnCommit();
  stand.relay.Start();
  stand.Settle();
  const auto event = stand.Add();
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, LooksAgainAfterItsLongestSleepWhenNobodyWakesIt) {
  RelayStand stand(kAccept);
  stand.relay.Start();
  stand.Settle();
  const auto event = stand.Add();
  stand.Advance(Millis(4'999));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending);
  stand.Advance(Millis(1));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, SendsTheSameBytesOnEveryAttempt) {
  RelayStand stand(kFail);
  const auto event = stand.Add(stand.app.ids.NewUuid(), "{\"a\": 1.0}");
  stand.relay.Start();
  for (int i = 0; i < 10; ++i) stand.Advance(Millis(5'000));
  const auto arrived = stand.bridge.arrived();
  ASSERT_GE(arrived.size(), 4U);
  for (const auto& attempt : arrived) {
    EXPECT_EQ(attempt.id, event.id);
    EXPECT_EQ(attempt.type, event.type);
    EXPECT_EQ(attempt.time, event.time);
    EXPECT_EQ(attempt.body, "{\"a\": 1.0}");
  }
}

TEST(RelayOutbox, RetriesThenParksWhenItsTimeIsOver) {
  RelayOptions options;
  options.schedule.delays = {Millis(0), Millis(60'000)};
  options.schedule.give_up_after = std::chrono::hours(1);
  RelayStand stand(kFail, options);
  const auto event = stand.Add();
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending);
  for (int i = 0; i < 59 * 12; ++i) stand.Advance(Millis(5'000));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending);
  for (int i = 0; i < 10 * 12; ++i) stand.Advance(Millis(5'000));
  const auto parked = stand.Stored(event.id);
  EXPECT_EQ(parked.status, EventStatus::kParked);
  EXPECT_EQ(parked.last_error, "the bridge answered 500");
  EXPECT_GE(parked.settled_at.value() - event.time, std::chrono::hours(1));
  EXPECT_EQ(stand.bridge.arrived().size(), static_cast<std::size_t>(parked.attempts));
  const auto attempts = stand.bridge.arrived().size();
  for (int i = 0; i < 200; ++i) stand.Advance(Millis(5'000));
  EXPECT_EQ(stand.bridge.arrived().size(), attempts) << "a parked event is left alone";
}

TEST(RelayOutbox, ParksWhatTheBridgeRefusesForGood) {
  RelayStand stand([](const OutboxEvent&) { return Gone(); });
  const auto event = stand.Add();
  stand.relay.Start();
  stand.Settle();
  const auto stored = stand.Stored(event.id);
  EXPECT_EQ(stored.status, EventStatus::kParked);
  EXPECT_EQ(stored.attempts, 1);
  EXPECT_EQ(stored.last_error, "the bridge answered 410");
  ASSERT_EQ(stand.reports().size(), 1U);
  EXPECT_EQ(stand.reports()[0].outcome, Delivery::Outcome::kRefused);
}

TEST(RelayOutbox, ObeysRetryAfter) {
  RelayStand stand([](const OutboxEvent&) {
    return Delivery{Delivery::Outcome::kRetryAfter, Millis(7'000), "the bridge answered 429"};
  });
  stand.Add();
  stand.relay.Start();
  stand.Settle();
  stand.Advance(Millis(5'000));
  stand.Advance(Millis(1'999));
  EXPECT_EQ(stand.bridge.arrived().size(), 1U);
  stand.Advance(Millis(1));
  EXPECT_EQ(stand.bridge.arrived().size(), 2U);
}

TEST(RelayOutbox, KeepsTheOrderOfASession) {
  RelayStand stand(kHold);
  const Uuid session_id = stand.app.ids.NewUuid();
  const auto first = stand.Add(session_id);
  const auto second = stand.Add(session_id);
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(IdsOf(stand.bridge.arrived()), std::vector{first.id});
  ASSERT_TRUE(stand.bridge.Answer(Failed()));  // tried again at once
  stand.Settle();
  EXPECT_EQ(IdsOf(stand.bridge.arrived()), (std::vector{first.id, first.id}));
  ASSERT_TRUE(stand.bridge.Answer(Accepted()));
  stand.Settle();
  EXPECT_EQ(IdsOf(stand.bridge.arrived()), (std::vector{first.id, first.id, second.id}));
}

TEST(RelayOutbox, GoesOnWithTheNextEventOnceOneIsParked) {
  RelayStand stand(kHold);
  const Uuid session_id = stand.app.ids.NewUuid();
  const auto first = stand.Add(session_id);
  const auto second = stand.Add(session_id);
  stand.relay.Start();
  ASSERT_TRUE(stand.bridge.Answer(Gone()));
  stand.Settle();
  EXPECT_EQ(IdsOf(stand.bridge.arrived()), (std::vector{first.id, second.id}));
}

TEST(RelayOutbox, LetsNoSessionBlockAnother) {
  const Uuid stuck = testing::SequentialIds().NewUuid();
  RelayStand stand([stuck](const OutboxEvent& event) {
    return event.session_id == stuck ? Failed() : Accepted();
  });
  ASSERT_EQ(stand.app.ids.NewUuid(), stuck);
  stand.Add(stuck);
  const auto other = stand.Add();
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.Stored(other.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, DeliversNoMoreAtOnceThanItsConcurrency) {
  RelayOptions options;
  options.concurrency = 3;
  RelayStand stand(kHold, options);
  for (int i = 0; i < 10; ++i) stand.Add();
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.bridge.held(), 3U);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(stand.bridge.Answer(Accepted()));
    stand.Settle();
  }
  EXPECT_EQ(stand.bridge.arrived().size(), 10U);
  EXPECT_EQ(stand.bridge.most_at_once(), 3U);
}

TEST(RelayOutbox, ABacklogDrainsNoFasterThanItsCap) {
  RelayOptions options;
  options.drain_per_s = 20;
  RelayStand stand(kAccept, options);
  for (int i = 0; i < 10; ++i) stand.Add();
  stand.app.clock.Advance(Millis(60'000));
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.bridge.arrived().size(), 2U) << "what a tenth of a second lets through";
  for (int i = 0; i < 4; ++i) stand.Advance(Millis(50));
  EXPECT_EQ(stand.bridge.arrived().size(), 6U);
  for (int i = 0; i < 4; ++i) stand.Advance(Millis(50));
  EXPECT_EQ(stand.bridge.arrived().size(), 10U);
}

TEST(RelayOutbox, NewEventsDoNotWaitForABacklog) {
  RelayOptions options;
  options.concurrency = 4;
  RelayStand stand(kHold, options);
  for (int i = 0; i < 10; ++i) stand.Add();
  stand.app.clock.Advance(Millis(60'000));
  stand.WakeOnCommit();
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.bridge.held(), 3U) << "a quarter of the room is kept for new ones";
  const auto fresh = stand.Add();
  stand.Settle();
  ASSERT_EQ(stand.bridge.held(), 4U);
  EXPECT_EQ(stand.bridge.arrived().back().id, fresh.id);
}

TEST(RelayOutbox, WhatAnotherRelayHasClaimedMeanwhileStaysAsThatOneSavesIt) {
  RelayStand stand(kHold);
  const auto event = stand.Add();
  stand.relay.Start();
  stand.Settle();
  stand.Advance(Millis(20'000));  // the lease is over
  ASSERT_EQ(stand.bridge.held(), 2U);
  ASSERT_TRUE(stand.bridge.Answer(Gone()));
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending) << "the first was too late";
  ASSERT_TRUE(stand.bridge.Answer(Accepted()));
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, ClaimsNoMoreAfterStop) {
  RelayStand stand(kAccept);
  stand.WakeOnCommit();
  stand.relay.Start();
  stand.Settle();
  stand.relay.Stop();
  stand.Add();
  stand.Advance(Millis(60'000));
  EXPECT_TRUE(stand.bridge.arrived().empty());
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.bridge.arrived().size(), 1U);
}

TEST(RelayOutbox, DrainsWhatIsUnderWay) {
  RelayStand stand(kHold);
  const auto event = stand.Add();
  stand.relay.Start();
  ASSERT_TRUE(stand.bridge.WaitFor(1));
  stand.relay.Stop();
  EXPECT_FALSE(stand.relay.Drain(Millis(20)));
  ASSERT_TRUE(stand.bridge.Answer(Accepted()));
  EXPECT_TRUE(stand.relay.Drain(Millis(10'000)));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, DeliversAgainWhatCouldNotBeSaved) {
  RelayStand* self = nullptr;
  bool down = true;
  RelayStand stand([&](const OutboxEvent&) {
    if (std::exchange(down, false)) self->store.FailNext(1);  // the save that follows
    return Accepted();
  });
  self = &stand;
  const auto event = stand.Add();
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending);
  EXPECT_TRUE(stand.reports().empty());
  for (int i = 0; i < 3; ++i) stand.Advance(Millis(5'000));  // the lease of 15 s
  EXPECT_EQ(IdsOf(stand.bridge.arrived()), (std::vector{event.id, event.id}));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, TriesAgainWhenTheStoreCouldNotBeAsked) {
  RelayStand stand(kAccept);
  const auto event = stand.Add();
  stand.store.FailNext(1);
  stand.relay.Start();
  stand.Settle();
  EXPECT_TRUE(stand.bridge.arrived().empty());
  stand.Advance(Millis(5'000));
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, DeliversWhatAWrongClockWroteWithoutWaitingForIt) {
  RelayStand stand(kAccept);
  stand.app.clock.Advance(std::chrono::hours(24));
  const auto event = stand.Add();
  stand.app.clock.Advance(std::chrono::hours(-24));  // set right, and the process started again
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(RelayOutbox, WaitsForWhatIsDueWithinItsSchedule) {
  RelayStand stand(kAccept);
  stand.app.clock.Advance(std::chrono::minutes(14));
  const auto event = stand.Add();
  stand.app.clock.Advance(std::chrono::minutes(-14));
  stand.relay.Start();
  stand.Settle();
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kPending);
}

TEST(RelayOutbox, AfterACrashTheNextProcessDeliversOnceTheLeaseIsOver) {
  RelayStand stand(kHold);
  const auto event = stand.Add();
  stand.relay.Start();
  ASSERT_TRUE(stand.bridge.WaitFor(1));
  stand.relay.Stop();  // and its delivery is never answered
  testing::FakeBridge bridge;
  RelayOutbox next(stand.services, bridge, stand.scheduler, {}, [](const RelayReport&) {});
  next.Start();
  stand.Settle();
  EXPECT_TRUE(bridge.arrived().empty()) << "somebody else may still be delivering it";
  for (int i = 0; i < 3; ++i) stand.Advance(Millis(5'000));
  EXPECT_EQ(IdsOf(bridge.arrived()), std::vector{event.id});
  EXPECT_EQ(stand.Stored(event.id).status, EventStatus::kDelivered);
}

TEST(AfterAttempt, AcceptedIsTheEndAndForgetsTheError) {
  OutboxEvent event;
  event.attempts = 3;
  event.last_error = "the bridge answered 500";
  const auto now = base::FromMillis(1'000);
  const auto after = AfterAttempt(event, Accepted(), {}, now, 0);
  EXPECT_EQ(after.status, EventStatus::kDelivered);
  EXPECT_EQ(after.attempts, 4);
  EXPECT_EQ(after.settled_at, now);
  EXPECT_EQ(after.last_error, "");
}

TEST(AfterAttempt, AFailureIsDueAgainOnSchedule) {
  OutboxEvent event;
  event.attempts = 4;
  event.first_due_at = base::FromMillis(1'000);
  const auto now = base::FromMillis(2'000);
  const auto after = AfterAttempt(event, Failed(), {}, now, 200);
  EXPECT_EQ(after.status, EventStatus::kPending);
  EXPECT_EQ(after.attempts, 5);
  EXPECT_EQ(after.due_at, now + Millis(10'000));
  EXPECT_EQ(after.first_due_at, event.first_due_at);
  EXPECT_EQ(after.settled_at, std::nullopt);
  EXPECT_EQ(after.last_error, "the bridge answered 500");
}

}  // namespace
}  // namespace obolus::app
