#include "app/inspect.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using testing::AppStand;
using testing::Await;

Result<OutboxEvent> Show(AppStand& stand, const Uuid& id) {
  return Await<OutboxEvent>(
      [&](base::Done<OutboxEvent> done) { ShowEvent(stand.services, id, std::move(done)); });
}

Result<OutboxEvent> Replay(AppStand& stand, const Uuid& id) {
  return Await<OutboxEvent>(
      [&](base::Done<OutboxEvent> done) { ReplayEvent(stand.services, id, std::move(done)); });
}

std::vector<OutboxEvent> List(AppStand& stand, EventFilter filter) {
  return Await<std::vector<OutboxEvent>>(
             [&](auto done) { ListEvents(stand.services, filter, std::move(done)); })
      .value();
}

OutboxCounts Count(AppStand& stand) {
  return Await<OutboxCounts>(
             [&](base::Done<OutboxCounts> done) { CountOutbox(stand.services, std::move(done)); })
      .value();
}

// An event of a session that was cancelled.
OutboxEvent MakeEvent(AppStand& stand) {
  const auto opened = stand.OpenPayment();
  EXPECT_TRUE(stand.Cancel(opened.key));
  return stand.Events(opened.session.id).at(0);
}

void Park(AppStand& stand, OutboxEvent event) {
  event.status = EventStatus::kParked;
  event.attempts = 9;
  event.settled_at = stand.clock.Now();
  event.last_error = "the bridge answered 410";
  ASSERT_TRUE(Await<bool>([&](base::Done<bool> done) {
    Transact<bool>(
        stand.store,
        [event](Transaction& tx) -> Result<bool> {
          auto saved = tx.SaveDelivery(event);
          if (!saved) return std::unexpected(saved.error());
          return true;
        },
        std::move(done));
  }));
}

TEST(Inspect, ListsEventsNewestFirstUpToALimit) {
  AppStand stand;
  std::vector<Uuid> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(MakeEvent(stand).id);
  const auto listed = List(stand, {.limit = 2});
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].id, ids[2]);
  EXPECT_EQ(listed[1].id, ids[1]);
}

TEST(Inspect, ListsByStatus) {
  AppStand stand;
  const auto parked = MakeEvent(stand);
  const auto pending = MakeEvent(stand);
  Park(stand, parked);
  const auto of = [&](EventStatus status) { return List(stand, {.status = status}); };
  ASSERT_EQ(of(EventStatus::kParked).size(), 1U);
  EXPECT_EQ(of(EventStatus::kParked)[0].id, parked.id);
  ASSERT_EQ(of(EventStatus::kPending).size(), 1U);
  EXPECT_EQ(of(EventStatus::kPending)[0].id, pending.id);
  EXPECT_TRUE(of(EventStatus::kDelivered).empty());
}

TEST(Inspect, ShowsOneEvent) {
  AppStand stand;
  const auto event = MakeEvent(stand);
  EXPECT_EQ(Show(stand, event.id).value(), event);
  const auto unknown = Show(stand, stand.ids.NewUuid());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST(Inspect, ReplaysAParkedEventWithItsFrozenBytes) {
  AppStand stand;
  const auto event = MakeEvent(stand);
  Park(stand, event);
  stand.clock.Advance(std::chrono::hours(80));
  const auto replayed = Replay(stand, event.id);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->status, EventStatus::kPending);
  EXPECT_EQ(replayed->due_at, stand.clock.Now());
  EXPECT_EQ(replayed->first_due_at, stand.clock.Now()) << "else it would be given up at once";
  EXPECT_EQ(replayed->settled_at, std::nullopt);
  EXPECT_EQ(replayed->body, event.body);
  EXPECT_EQ(replayed->time, event.time);
  EXPECT_EQ(Show(stand, event.id).value(), *replayed);
}

TEST(Inspect, ReplaysNothingThatIsNotThere) {
  AppStand stand;
  const auto replayed = Replay(stand, stand.ids.NewUuid());
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, ErrorCode::kNotFound);
}

TEST(Inspect, CountsWhatWaitsAndSinceWhen) {
  AppStand stand;
  EXPECT_EQ(Count(stand).pending, 0);
  EXPECT_EQ(Count(stand).oldest_pending, std::nullopt);
  const auto parked = MakeEvent(stand);
  stand.clock.Advance(base::Millis(500));
  const auto oldest = MakeEvent(stand);
  stand.clock.Advance(base::Millis(500));
  MakeEvent(stand);
  Park(stand, parked);
  EXPECT_EQ(Count(stand).pending, 2);
  EXPECT_EQ(Count(stand).parked, 1);
  EXPECT_EQ(Count(stand).oldest_pending, oldest.time);
}

TEST(Inspect, ShowsASessionById) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  EXPECT_EQ(stand.Session(opened.session.id), opened.session);
  const auto unknown = Await<domain::Session>([&](base::Done<domain::Session> done) {
    InspectSession(stand.services, stand.ids.NewUuid(), std::move(done));
  });
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace obolus::app
