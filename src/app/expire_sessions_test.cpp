#include "app/expire_sessions.h"

#include <gtest/gtest.h>

#include "app/return_from_challenge.h"
#include "support/app_stand.h"
#include "support/manual_scheduler.h"

namespace obolus::app {
namespace {

using base::Millis;
using domain::SessionState;
using std::chrono::seconds;
using testing::AppStand;
using testing::EventOf;

TEST(ExpireSessions, EndsAPaymentSessionAtItsTimeAndNotBefore) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  stand.clock.Advance(seconds(900) - Millis(1));
  EXPECT_EQ(stand.Sweep(), 0U);
  EXPECT_EQ(stand.Session(opened.session.id).state, SessionState::kOpen);
  stand.clock.Advance(Millis(1));
  EXPECT_EQ(stand.Sweep(), 1U);
  const auto expired = stand.Session(opened.session.id);
  EXPECT_EQ(expired.state, SessionState::kExpired);
  EXPECT_EQ(expired.failure, domain::FailureCode::kSessionExpired);
  EXPECT_EQ(expired.ended_at, stand.clock.Now());
}

TEST(ExpireSessions, TellsCommerceOnce) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto tds = stand.OpenTds();
  stand.clock.Advance(seconds(900));
  EXPECT_EQ(stand.Sweep(), 2U);
  EXPECT_EQ(stand.Sweep(), 0U);
  EXPECT_EQ(stand.EventTypes(payment.session.id), std::vector<std::string>{"CardSessionFailed"});
  EXPECT_EQ(stand.EventTypes(tds.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(ExpireSessions, SendsNoTdsResultWhenConfiguredSo) {
  AppStand stand;
  stand.services.settings.policy.tds_result_on_expiry = false;
  const auto tds = stand.OpenTds();
  stand.clock.Advance(seconds(600));
  EXPECT_EQ(stand.Sweep(), 1U);
  EXPECT_EQ(stand.Session(tds.session.id).state, SessionState::kExpired);
  EXPECT_TRUE(stand.EventTypes(tds.session.id).empty());
}

TEST(ExpireSessions, SendsNoCardSessionFailedWhenConfiguredSo) {
  AppStand stand;
  stand.services.settings.policy.card_session_failed_on_expiry = false;
  const auto payment = stand.OpenPayment();
  const auto cancelled = stand.OpenPayment();
  ASSERT_TRUE(stand.Cancel(cancelled.key));
  stand.clock.Advance(seconds(900));
  EXPECT_EQ(stand.Sweep(), 1U);
  EXPECT_EQ(stand.Session(payment.session.id).state, SessionState::kExpired);
  EXPECT_TRUE(stand.EventTypes(payment.session.id).empty());
  EXPECT_EQ(stand.EventTypes(cancelled.session.id), std::vector<std::string>{"CardSessionFailed"});
}

TEST(ExpireSessions, SendsNoSecondTdsResultAfterTheReturn) {
  AppStand stand;
  const auto tds = stand.OpenTds();
  ASSERT_TRUE(testing::Run<SessionView>(stand.services, ReturnFromChallenge{tds.key}));
  stand.clock.Advance(seconds(600));
  EXPECT_EQ(stand.Sweep(), 1U);
  EXPECT_EQ(stand.EventTypes(tds.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(ExpireSessions, LeavesATakenCardAlone) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  stand.clock.Advance(seconds(900));
  EXPECT_EQ(stand.Sweep(), 0U);
  EXPECT_EQ(stand.Session(opened.session.id).state, SessionState::kCreated);
  EXPECT_EQ(stand.EventTypes(opened.session.id), std::vector<std::string>{"CardSessionCreated"});
}

TEST(ExpireSessions, DeletesTheCardWhenItsTimeIsOver) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto created = stand.Submit(opened.key);
  const Uuid card = base::ParseUuid(created->session.card_session->id).value();
  stand.clock.Advance(std::chrono::hours(24) - Millis(1));
  stand.Sweep();
  EXPECT_TRUE(stand.HasCard(card));
  stand.clock.Advance(Millis(1));
  stand.Sweep();
  EXPECT_FALSE(stand.HasCard(card));
}

TEST(ExpireSessions, ForgetsEndedSessionsAfterAWhileButNotTheirPendingEvents) {
  AppStand stand;
  const auto voided = stand.OpenPayment();
  ASSERT_TRUE(stand.Receive(EventOf("1", "SessionVoided", {{"session_key", voided.key}})));
  const auto cancelled = stand.OpenPayment();
  ASSERT_TRUE(stand.Cancel(cancelled.key));
  stand.clock.Advance(std::chrono::hours(48) + Millis(1));
  stand.Sweep();
  const auto gone = testing::Await<domain::Session>([&](base::Done<domain::Session> done) {
    InspectSession(stand.services, voided.session.id, std::move(done));
  });
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, base::ErrorCode::kNotFound);
  EXPECT_EQ(stand.Session(cancelled.session.id).state, SessionState::kCancelled);
  EXPECT_EQ(stand.Events().size(), 1U) << "Commerce has not heard of the cancellation yet";
}

class SweepRounds : public ::testing::Test {
 protected:
  ~SweepRounds() override { sweep_.Stop(); }

  // One round has ended when it has asked for the next.
  bool WaitForRounds(std::size_t count) {
    for (int i = 0; i < 2'000 && scheduler_.delays().size() < count; ++i) {
      std::this_thread::sleep_for(Millis(5));
    }
    return scheduler_.delays().size() >= count;
  }

  testing::ManualClock& clock() { return stand_.clock; }

  AppStand stand_;
  testing::ManualScheduler scheduler_{stand_.clock};
  ExpireSessions sweep_{stand_.services, scheduler_, Millis(1'000)};
};

TEST_F(SweepRounds, ComeAtTheirInterval) {
  const auto opened = stand_.OpenPayment();
  sweep_.Start();
  ASSERT_TRUE(WaitForRounds(1));
  EXPECT_EQ(scheduler_.delays()[0], Millis(1'000));
  clock().Advance(seconds(900));
  EXPECT_EQ(scheduler_.Advance(Millis(0)), 1U);
  ASSERT_TRUE(WaitForRounds(2));
  EXPECT_EQ(stand_.Session(opened.session.id).state, SessionState::kExpired);
}

TEST_F(SweepRounds, GoOnSoonWhileThereAreMoreSessionsThanOneRoundTakes) {
  for (int i = 0; i < 300; ++i) stand_.OpenPayment();
  clock().Advance(seconds(900));
  sweep_.Start();
  ASSERT_TRUE(WaitForRounds(1));
  EXPECT_LT(scheduler_.delays()[0], Millis(1'000));
  scheduler_.Advance(scheduler_.delays()[0]);
  ASSERT_TRUE(WaitForRounds(2));
  EXPECT_EQ(scheduler_.delays()[1], Millis(1'000));
  EXPECT_EQ(stand_.Events().size(), 300U);
}

TEST_F(SweepRounds, GoOnSoonWhileThereIsMoreToForgetThanOneRoundTakes) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(stand_.Receive(EventOf(std::to_string(i), "PaymentRefunded", nullptr)));
  }
  clock().Advance(std::chrono::hours(49));
  sweep_.Start();
  ASSERT_TRUE(WaitForRounds(1));
  EXPECT_LT(scheduler_.delays()[0], Millis(1'000));
  scheduler_.Advance(scheduler_.delays()[0]);
  ASSERT_TRUE(WaitForRounds(2));
  EXPECT_EQ(scheduler_.delays()[1], Millis(1'000));
}

TEST_F(SweepRounds, EndWithStop) {
  sweep_.Start();
  ASSERT_TRUE(WaitForRounds(1));
  sweep_.Stop();
  scheduler_.Advance(Millis(1'000));
  ASSERT_TRUE(stand_.store.CheckHealth());
  EXPECT_EQ(scheduler_.waiting(), 0U);
}

TEST_F(SweepRounds, SurviveAStoreThatFails) {
  stand_.store.Close();
  sweep_.Start();
  ASSERT_TRUE(WaitForRounds(1));
  EXPECT_EQ(scheduler_.delays()[0], Millis(1'000));
}

}  // namespace
}  // namespace obolus::app
