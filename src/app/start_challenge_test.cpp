#include "app/start_challenge.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using testing::AppStand;

Result<SessionView> Start(AppStand& stand, const std::string& key) {
  return testing::Run<SessionView>(stand.services, StartChallenge{key});
}

TEST(StartChallenge, RecordsThatTheShopperLeft) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  const auto started = Start(stand, opened.key);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->session.state, SessionState::kChallenged);
  EXPECT_EQ(started->session.challenge, opened.session.challenge);
  EXPECT_EQ(stand.Session(opened.session.id).state, SessionState::kChallenged);
  EXPECT_TRUE(stand.Events().empty());
}

TEST(StartChallenge, AgainStartsAgainWithoutAWrite) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  const auto first = Start(stand, opened.key);
  const auto again = Start(stand, opened.key);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->session, first->session);
}

TEST(StartChallenge, WithoutAChallengeShowsTheSessionAsItIs) {
  AppStand stand;
  OpenSession command;
  command.kind = domain::SessionKind::kTds;
  const auto opened = stand.Open(command);
  const auto started = Start(stand, opened->key);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->session, opened->session);
}

TEST(StartChallenge, AfterTheTimeIsOverShowsTheSessionAsItIs) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  stand.clock.Advance(std::chrono::seconds(600));
  const auto started = Start(stand, opened.key);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->session.state, SessionState::kOpen);
  EXPECT_TRUE(started->IsExpired());
}

TEST(StartChallenge, AfterTheReturnDoesNotSendTheShopperAway) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  ASSERT_TRUE(stand.Cancel(opened.key));
  const auto started = Start(stand, opened.key);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->session.state, SessionState::kReturned);
}

TEST(StartChallenge, NeedsTheKeyOfAThreeDsSession) {
  AppStand stand;
  for (const std::string& key : {std::string("tds_x"), stand.OpenPayment().key,
                                 stand.keys.Make(KeyPurpose::kTds, stand.ids.NewUuid())}) {
    const auto started = Start(stand, key);
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace obolus::app
