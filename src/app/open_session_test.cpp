#include "app/open_session.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionKind;
using domain::SessionState;
using testing::AppStand;
using testing::EventOf;

OpenSession Payment(const Uuid& terminal_id) {
  OpenSession command;
  command.terminal_id = terminal_id;
  return command;
}

OpenSession Tds(const Uuid& tds_terminal_id) {
  OpenSession command;
  command.kind = SessionKind::kTds;
  command.terminal_id = tds_terminal_id;
  return command;
}

const domain::Challenge kChallenge =
    domain::EmvChallenge{"https://acs.example/c", "Y3JlcQ", std::nullopt};
const domain::Challenge kOtherChallenge = domain::HostedChallenge{"https://processor.example/c"};

TEST(OpenSession, MintsWhatIsAbsent) {
  AppStand stand;
  const auto opened = stand.Open({});
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->session.kind, SessionKind::kPayment);
  EXPECT_EQ(opened->session.state, SessionState::kOpen);
  EXPECT_EQ(opened->session.terminal_id, opened->session.id);
  EXPECT_EQ(opened->session.created_at, stand.clock.Now());
  EXPECT_EQ(opened->session.expires_at, stand.clock.Now() + std::chrono::seconds(900));
  EXPECT_EQ(opened->key.substr(0, 4), "pay_");
  EXPECT_EQ(stand.Session(opened->session.id), opened->session);
}

TEST(OpenSession, KeepsWhatCommerceGave) {
  AppStand stand;
  OpenSession command = Payment(stand.ids.NewUuid());
  command.expires_in = std::chrono::seconds(60);
  command.continuation = {"https://shop.example/ok", "https://shop.example/no"};
  command.payment.amount_minor = 4200;
  command.merchant = {"Shop", {"https://shop.example"}};
  command.allowed_networks = {domain::CardNetwork::kVisa};
  command.locale = "de";
  command.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  command.request_id = "request-1";
  const auto stored = stand.Session(stand.Open(command)->session.id);
  EXPECT_EQ(stored.terminal_id, command.terminal_id);
  EXPECT_EQ(stored.expires_at, stand.clock.Now() + std::chrono::seconds(60));
  EXPECT_EQ(stored.continuation, command.continuation);
  EXPECT_EQ(stored.payment, command.payment);
  EXPECT_EQ(stored.merchant, command.merchant);
  EXPECT_EQ(stored.allowed_networks, command.allowed_networks);
  EXPECT_EQ(stored.locale, command.locale);
  EXPECT_EQ(stored.traceparent, command.traceparent);
  EXPECT_EQ(stored.request_id, command.request_id);
}

TEST(OpenSession, ThreeDsSessionsHaveTheirOwnLifetimeAndKey) {
  AppStand stand;
  const auto opened = stand.OpenTds();
  EXPECT_EQ(opened.session.expires_at, stand.clock.Now() + std::chrono::seconds(600));
  EXPECT_EQ(opened.key.substr(0, 4), "tds_");
}

TEST(OpenSession, TheSameOpenTerminalGivesTheSameSession) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  const auto first = stand.Open(Payment(terminal_id));
  const auto again = stand.Open(Payment(terminal_id));
  ASSERT_TRUE(first && again);
  EXPECT_EQ(again->session, first->session);
  EXPECT_EQ(again->key, first->key);
}

TEST(OpenSession, PaymentAndTdsTerminalsDoNotMeet) {
  AppStand stand;
  const Uuid id = stand.ids.NewUuid();
  const auto payment = stand.Open(Payment(id));
  const auto tds = stand.Open(Tds(id));
  ASSERT_TRUE(payment && tds);
  EXPECT_NE(payment->session.id, tds->session.id);
}

TEST(OpenSession, AnEndedTerminalIsAConflict) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  ASSERT_TRUE(stand.Cancel(stand.Open(Payment(terminal_id))->key));
  const auto again = stand.Open(Payment(terminal_id));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST(OpenSession, ATerminalWhoseTimeIsOverIsAConflictBeforeTheSweep) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  ASSERT_TRUE(stand.Open(Payment(terminal_id)));
  stand.clock.Advance(std::chrono::seconds(900));
  const auto again = stand.Open(Payment(terminal_id));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
}

TEST(OpenSession, AChallengeMayFollowLater) {
  AppStand stand;
  const Uuid tds_terminal_id = stand.ids.NewUuid();
  const auto first = stand.Open(Tds(tds_terminal_id));
  EXPECT_EQ(first->session.challenge, std::nullopt);
  OpenSession second = Tds(tds_terminal_id);
  second.challenge = kChallenge;
  const auto completed = stand.Open(second);
  ASSERT_TRUE(completed);
  EXPECT_EQ(completed->session.id, first->session.id);
  EXPECT_EQ(completed->session.challenge, kChallenge);
  EXPECT_EQ(stand.Session(first->session.id).challenge, kChallenge);
  EXPECT_TRUE(stand.Open(second)) << "the same challenge again is no conflict";
}

TEST(OpenSession, AnotherChallengeForAnEndedTerminalIsAConflict) {
  AppStand stand;
  OpenSession command = Tds(stand.ids.NewUuid());
  command.challenge = kChallenge;
  const auto opened = stand.Open(command);
  const std::string tds_terminal_id = base::ToString(*command.terminal_id);
  ASSERT_TRUE(stand.Receive(EventOf("1", "CompleteTDSSession",
                                    {{"result", "FAILED"}, {"tds_terminal_id", tds_terminal_id}})));
  command.challenge = kOtherChallenge;
  const auto again = stand.Open(command);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(stand.Session(opened->session.id).challenge, kChallenge);
}

TEST(OpenSession, AThreeDsSessionTakesOverWhatItsPaymentSays) {
  AppStand stand;
  OpenSession payment = Payment(stand.ids.NewUuid());
  payment.continuation = {"https://shop.example/ok", "https://shop.example/no"};
  payment.payment.amount_minor = 4200;
  payment.merchant = {"Shop", {"https://shop.example"}};
  payment.locale = "de";
  ASSERT_TRUE(stand.Open(payment));
  OpenSession tds = Tds(stand.ids.NewUuid());
  tds.payment_terminal_id = payment.terminal_id;
  tds.continuation.error = "https://shop.example/tds-error";
  const auto opened = stand.Open(tds);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->session.continuation.success, "https://shop.example/ok");
  EXPECT_EQ(opened->session.continuation.error, "https://shop.example/tds-error");
  EXPECT_EQ(opened->session.payment, payment.payment);
  EXPECT_EQ(opened->session.merchant, payment.merchant);
  EXPECT_EQ(opened->session.locale, "de");
}

TEST(OpenSession, AThreeDsSessionIsNewsForWhoWaitsForItsPayment) {
  AppStand stand;
  OpenSession payment = Payment(stand.ids.NewUuid());
  const auto opened = stand.Open(payment);
  ASSERT_TRUE(opened);
  int heard = 0;
  const auto waiting = stand.feed.Subscribe(opened->session.id, [&] { ++heard; });
  OpenSession tds = Tds(stand.ids.NewUuid());
  tds.payment_terminal_id = payment.terminal_id;
  ASSERT_TRUE(stand.Open(tds));
  EXPECT_EQ(heard, 1);
}

TEST(OpenSession, AThreeDsSessionOfAnUnknownPaymentStandsAlone) {
  AppStand stand;
  OpenSession tds = Tds(stand.ids.NewUuid());
  tds.payment_terminal_id = stand.ids.NewUuid();
  const auto opened = stand.Open(tds);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->session.payment_terminal_id, tds.payment_terminal_id);
  EXPECT_EQ(opened->session.continuation, domain::Continuation{});
}

TEST(OpenSession, AVoidThatCameBeforeIsApplied) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  const auto received =
      stand.Receive(EventOf("1", "SessionVoided", {{"terminal_id", base::ToString(terminal_id)}}));
  EXPECT_EQ(received.value(), Reception::kUnmatched);
  const auto opened = stand.Open(Payment(terminal_id));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->session.state, SessionState::kVoided);
  EXPECT_EQ(stand.Session(opened->session.id), opened->session);
}

TEST(OpenSession, ManyAtOnceForOneTerminalOpenOneSession) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  std::vector<std::future<base::Uuid>> opened;
  for (int i = 0; i < 50; ++i) {
    auto promise = std::make_shared<std::promise<base::Uuid>>();
    opened.push_back(promise->get_future());
    Execute(stand.services, Payment(terminal_id), [promise](Result<OpenedSession> result) {
      promise->set_value(result.value().session.id);
    });
  }
  const Uuid first = opened[0].get();
  for (std::size_t i = 1; i < opened.size(); ++i) EXPECT_EQ(opened[i].get(), first);
}

TEST(OpenSession, AStoreThatIsClosedIsUnavailable) {
  AppStand stand;
  stand.store.Close();
  const auto opened = stand.Open({});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace obolus::app
