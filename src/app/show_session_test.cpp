#include "app/show_session.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using testing::AppStand;
using testing::Await;
using testing::EventOf;

Result<SessionView> Show(AppStand& stand, const std::string& key) {
  return Await<SessionView>(
      [&](base::Done<SessionView> done) { ShowSession(stand.services, key, std::move(done)); });
}

TEST(ShowSession, ShowsASessionByItsKey) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  const auto view = Show(stand, opened.key);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session, opened.session);
  EXPECT_EQ(view->now, stand.clock.Now());
  EXPECT_EQ(view->challenge_key, std::nullopt);
  EXPECT_FALSE(view->IsExpired());
  EXPECT_FALSE(view->IsEnded());
}

TEST(ShowSession, FindsNothingUnderOtherKeys) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  for (const std::string& key : {std::string(), std::string("pay_"), std::string("abc"),
                                 stand.keys.Make(KeyPurpose::kReturn, opened.session.id),
                                 stand.keys.Make(KeyPurpose::kPayment, stand.ids.NewUuid())}) {
    const auto view = Show(stand, key);
    ASSERT_FALSE(view) << key;
    EXPECT_EQ(view.error().code, ErrorCode::kNotFound);
  }
}

TEST(ShowSession, AThreeDsSessionHasItsOwnChallengeKey) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  EXPECT_EQ(Show(stand, opened.key)->challenge_key, opened.key);
}

TEST(ShowSession, APaymentWhoseCardWasTakenShowsItsChallenge) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  EXPECT_EQ(Show(stand, payment.key)->challenge_key, std::nullopt) << "the card comes first";
  ASSERT_TRUE(stand.Submit(payment.key));
  EXPECT_EQ(Show(stand, payment.key)->challenge_key, tds.key);
}

TEST(ShowSession, AChallengeThatIsOverIsNotShown) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  ASSERT_TRUE(stand.Receive(EventOf(
      "1", "CompleteTDSSession",
      {{"result", "SUCCESS"}, {"tds_terminal_id", base::ToString(tds.session.terminal_id)}})));
  EXPECT_EQ(Show(stand, payment.key)->challenge_key, std::nullopt);
  EXPECT_EQ(Show(stand, payment.key)->challenge_failure, std::nullopt);
}

TEST(ShowSession, AFailedChallengeShowsOnItsPayment) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  ASSERT_TRUE(stand.Receive(EventOf(
      "1", "CompleteTDSSession",
      {{"result", "FAILED"}, {"tds_terminal_id", base::ToString(tds.session.terminal_id)}})));
  EXPECT_EQ(Show(stand, payment.key)->challenge_key, std::nullopt);
  EXPECT_EQ(Show(stand, payment.key)->challenge_failure, domain::FailureCode::kChallengeFailed);
}

TEST(ShowSession, AChallengeWhoseTimeIsOverIsNotShown) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  stand.OpenTds(payment.session.terminal_id);
  stand.clock.Advance(std::chrono::seconds(600));
  EXPECT_EQ(Show(stand, payment.key)->challenge_key, std::nullopt);
  EXPECT_EQ(Show(stand, payment.key)->challenge_failure, domain::FailureCode::kSessionExpired);
}

TEST(ShowSession, IsExpiredFromTheMomentOn) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  stand.clock.Advance(std::chrono::seconds(900) - base::Millis(1));
  EXPECT_FALSE(Show(stand, opened.key)->IsExpired());
  stand.clock.Advance(base::Millis(1));
  const auto unswept = Show(stand, opened.key);
  EXPECT_TRUE(unswept->IsExpired());
  EXPECT_FALSE(unswept->IsEnded());
  stand.Sweep();
  const auto swept = Show(stand, opened.key);
  EXPECT_TRUE(swept->IsExpired());
  EXPECT_TRUE(swept->IsEnded());
}

TEST(ShowSession, ATakenCardDoesNotExpireAfterwards) {
  AppStand stand;
  const auto opened = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(opened.key));
  stand.clock.Advance(std::chrono::seconds(900));
  EXPECT_FALSE(Show(stand, opened.key)->IsExpired());
}

TEST(ShowSession, TellsTheWindowSizeOfTheChallenge) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  ASSERT_TRUE(stand.Submit(payment.key));
  const auto size_of = [&](domain::Challenge challenge) {
    OpenSession command;
    command.kind = domain::SessionKind::kTds;
    command.payment_terminal_id = payment.session.terminal_id;
    command.challenge = std::move(challenge);
    const auto opened = stand.Open(std::move(command)).value();
    const auto own = Show(stand, opened.key).value().window_size;
    EXPECT_EQ(Show(stand, payment.key).value().window_size, own);
    return own;
  };
  const auto emv = [](std::string_view json) {
    const std::string creq = base::EncodeBase64Url(base::AsBytes(json));
    return domain::EmvChallenge{"https://acs.example", creq, std::nullopt};
  };
  EXPECT_EQ(size_of(emv(R"({"challengeWindowSize":"04"})")), "04");
  EXPECT_EQ(size_of(emv(R"({"challengeWindowSize":"4"})")), std::nullopt);
  EXPECT_EQ(size_of(emv("not json")), std::nullopt);
  EXPECT_EQ(size_of(domain::HostedChallenge{"https://p.example"}), std::nullopt);
}

}  // namespace
}  // namespace obolus::app
