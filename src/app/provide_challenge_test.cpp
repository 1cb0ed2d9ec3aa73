#include "app/provide_challenge.h"

#include <gtest/gtest.h>

#include "app/start_challenge.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using testing::AppStand;

const domain::Challenge kChallenge =
    domain::PaReqChallenge{"https://acs.example/c", "cGFyZXE", "md"};
const domain::Challenge kOther = domain::HostedChallenge{"https://processor.example/c"};

OpenedSession OpenWithoutChallenge(AppStand& stand) {
  OpenSession command;
  command.kind = domain::SessionKind::kTds;
  command.terminal_id = stand.ids.NewUuid();
  return stand.Open(command).value();
}

Result<domain::Session> Provide(AppStand& stand, const Uuid& tds_terminal_id,
                                domain::Challenge challenge) {
  return testing::Run<domain::Session>(stand.services,
                                       ProvideChallenge{tds_terminal_id, std::move(challenge)});
}

TEST(ProvideChallenge, GivesTheSessionItsChallenge) {
  AppStand stand;
  const auto opened = OpenWithoutChallenge(stand);
  const auto session = Provide(stand, opened.session.terminal_id, kChallenge);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->challenge, kChallenge);
  EXPECT_EQ(stand.Session(opened.session.id), *session);
  EXPECT_TRUE(stand.Events().empty());
}

TEST(ProvideChallenge, AgainIsNoError) {
  AppStand stand;
  const auto opened = OpenWithoutChallenge(stand);
  const auto first = Provide(stand, opened.session.terminal_id, kChallenge);
  const auto again = Provide(stand, opened.session.terminal_id, kChallenge);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->version, first->version);
}

TEST(ProvideChallenge, AnotherIsAConflictOnceTheShopperIsAtTheIssuer) {
  AppStand stand;
  const auto opened = OpenWithoutChallenge(stand);
  ASSERT_TRUE(Provide(stand, opened.session.terminal_id, kChallenge));
  ASSERT_TRUE(Provide(stand, opened.session.terminal_id, kOther)) << "not started: replaced";
  ASSERT_TRUE(testing::Run<SessionView>(stand.services, StartChallenge{opened.key}));
  const auto late = Provide(stand, opened.session.terminal_id, kChallenge);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(Provide(stand, opened.session.terminal_id, kOther));
}

TEST(ProvideChallenge, NeedsASessionOfThatTerminal) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  for (const Uuid& id : {stand.ids.NewUuid(), payment.session.terminal_id}) {
    const auto session = Provide(stand, id, kChallenge);
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::kNotFound);
  }
}

TEST(ProvideChallenge, IsTooLateOnceTheTimeIsOver) {
  AppStand stand;
  const auto opened = OpenWithoutChallenge(stand);
  stand.clock.Advance(std::chrono::seconds(600));
  const auto late = Provide(stand, opened.session.terminal_id, kChallenge);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kExpired);
}

}  // namespace
}  // namespace obolus::app
