#include "app/cancel_session.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using testing::AppStand;

TEST(CancelSession, EndsAPaymentSessionAndTellsCommerceOnce) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto cancelled = stand.Cancel(opened.key);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->session.state, SessionState::kCancelled);
  EXPECT_EQ(cancelled->session.failure, domain::FailureCode::kCancelledByShopper);
  EXPECT_EQ(cancelled->session.ended_at, stand.clock.Now());
  const auto again = stand.Cancel(opened.key);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->session, cancelled->session);
  EXPECT_EQ(stand.EventTypes(opened.session.id), std::vector<std::string>{"CardSessionFailed"});
}

TEST(CancelSession, GivesAThreeDsSessionBackToCommerce) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  const auto cancelled = stand.Cancel(opened.key);
  ASSERT_TRUE(cancelled);
  EXPECT_EQ(cancelled->session.state, SessionState::kReturned);
  ASSERT_TRUE(stand.Cancel(opened.key));
  EXPECT_EQ(stand.EventTypes(opened.session.id), std::vector<std::string>{"TDSResult"});
}

TEST(CancelSession, IsAConflictAfterTheCardWasTaken) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  const auto cancelled = stand.Cancel(opened.key);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kConflict);
  EXPECT_EQ(stand.EventTypes(opened.session.id), std::vector<std::string>{"CardSessionCreated"});
}

TEST(CancelSession, IsTooLateOnceTheTimeIsOver) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  stand.clock.Advance(std::chrono::seconds(900));
  const auto before_sweep = stand.Cancel(opened.key);
  ASSERT_FALSE(before_sweep);
  EXPECT_EQ(before_sweep.error().code, ErrorCode::kExpired);
  EXPECT_EQ(stand.Sweep(), 1U);
  const auto after_sweep = stand.Cancel(opened.key);
  ASSERT_FALSE(after_sweep);
  EXPECT_EQ(after_sweep.error().code, ErrorCode::kExpired);
}

TEST(CancelSession, NeedsAKeyThatOpensASession) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  for (const std::string& key :
       {std::string("pay_x"), stand.keys.Make(KeyPurpose::kReturn, opened.session.id),
        stand.keys.Make(KeyPurpose::kPayment, stand.ids.NewUuid())}) {
    const auto cancelled = stand.Cancel(key);
    ASSERT_FALSE(cancelled) << key;
    EXPECT_EQ(cancelled.error().code, ErrorCode::kNotFound);
  }
  EXPECT_EQ(stand.Session(opened.session.id).state, SessionState::kOpen);
}

}  // namespace
}  // namespace obolus::app
