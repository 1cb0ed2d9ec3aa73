#include "app/receive_event.h"

#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::CommerceState;
using domain::SessionState;
using testing::AppStand;
using testing::EventOf;

CloudEvent Complete(const OpenedSession& tds, const char* result, std::string id = "complete") {
  return EventOf(
      std::move(id), "CompleteTDSSession",
      {{"result", result}, {"tds_terminal_id", base::ToString(tds.session.terminal_id)}});
}

CloudEvent Changed(const OpenedSession& payment, const char* state, std::string id) {
  return EventOf(std::move(id), "StateChanged",
                 {{"state", state}, {"terminal_id", base::ToString(payment.session.terminal_id)}});
}

TEST(ReceiveEvent, CompleteTdsSessionEndsTheChallenge) {
  for (const auto& [result, state] : {std::pair("SUCCESS", SessionState::kSucceeded),
                                      std::pair("FAILED", SessionState::kFailed)}) {
    AppStand stand;
    const auto tds = stand.OpenTds();
    EXPECT_EQ(stand.Receive(Complete(tds, result)).value(), Reception::kApplied);
    EXPECT_EQ(stand.Session(tds.session.id).state, state);
    EXPECT_EQ(stand.Session(tds.session.id).ended_at, stand.clock.Now());
    EXPECT_TRUE(stand.Events().empty());
  }
}

TEST(ReceiveEvent, CompleteTdsSessionCountsAfterTheTimeWasOver) {
  AppStand stand;
  const auto tds = stand.OpenTds();
  stand.clock.Advance(std::chrono::seconds(700));
  EXPECT_EQ(stand.Receive(Complete(tds, "SUCCESS")).value(), Reception::kApplied);
  EXPECT_EQ(stand.Session(tds.session.id).state, SessionState::kSucceeded);
}

TEST(ReceiveEvent, AnOutcomeThatContradictsTheFirstIsAConflictWithoutEffect) {
  AppStand stand;
  const auto tds = stand.OpenTds();
  ASSERT_TRUE(stand.Receive(Complete(tds, "SUCCESS", "1")));
  EXPECT_EQ(stand.Receive(Complete(tds, "FAILED", "2")).value(), Reception::kConflict);
  EXPECT_EQ(stand.Receive(Complete(tds, "SUCCESS", "3")).value(), Reception::kNoEffect);
  EXPECT_EQ(stand.Session(tds.session.id).state, SessionState::kSucceeded);
}

TEST(ReceiveEvent, ADuplicateIsKnownBySourceAndId) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  EXPECT_EQ(stand.Receive(Changed(payment, "accepted", "1")).value(), Reception::kApplied);
  EXPECT_EQ(stand.Receive(Changed(payment, "authorized", "1")).value(), Reception::kDuplicate);
  EXPECT_EQ(stand.Session(payment.session.id).commerce_state, CommerceState::kAccepted);
  auto other_source = Changed(payment, "authorized", "1");
  other_source.source = "urn:another";
  EXPECT_EQ(stand.Receive(other_source).value(), Reception::kApplied);
}

TEST(ReceiveEvent, AStateNeverGoesBack) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  EXPECT_EQ(stand.Receive(Changed(payment, "authorized", "1")).value(), Reception::kApplied);
  EXPECT_EQ(stand.Receive(Changed(payment, "accepted", "2")).value(), Reception::kNoEffect);
  EXPECT_EQ(stand.Receive(Changed(payment, "completed", "3")).value(), Reception::kApplied);
  EXPECT_EQ(stand.Receive(Changed(payment, "failed", "4")).value(), Reception::kNoEffect);
  EXPECT_EQ(stand.Session(payment.session.id).commerce_state, CommerceState::kCompleted);
  EXPECT_EQ(stand.Session(payment.session.id).state, SessionState::kOpen);
}

TEST(ReceiveEvent, TheCardGoesOnceThePaymentIsDecided) {
  for (const char* state : {"authorized", "completed", "failed"}) {
    AppStand stand;
    const auto payment = stand.OpenPayment();
    const auto created = stand.Submit(payment.key);
    const Uuid card = base::ParseUuid(created->session.card_session->id).value();
    ASSERT_TRUE(stand.Receive(Changed(payment, "accepted", "1")));
    EXPECT_TRUE(stand.HasCard(card)) << "accepted is not decided";
    ASSERT_TRUE(stand.Receive(Changed(payment, state, "2")));
    EXPECT_FALSE(stand.HasCard(card)) << state;
    EXPECT_EQ(stand.Session(payment.session.id).state, SessionState::kCreated);
  }
}

TEST(ReceiveEvent, ACardThatComesAfterThePaymentWasDecidedIsNotKept) {
  for (const char* state : {"accepted", "authorized", "completed", "failed"}) {
    AppStand stand;
    const auto payment = stand.OpenPayment();
    ASSERT_TRUE(stand.Receive(Changed(payment, state, "1")));
    const auto created = stand.Submit(payment.key);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->session.state, SessionState::kCreated) << state;
    const Uuid card = base::ParseUuid(created->session.card_session->id).value();
    EXPECT_EQ(stand.HasCard(card), std::string_view(state) == "accepted") << state;
  }
}

TEST(ReceiveEvent, AVoidEndsAnOpenSessionWithoutAnEvent) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  EXPECT_EQ(stand.Receive(EventOf("1", "SessionVoided", {{"session_key", payment.key}})).value(),
            Reception::kApplied);
  EXPECT_EQ(stand.Session(payment.session.id).state, SessionState::kVoided);
  stand.clock.Advance(std::chrono::hours(1));
  stand.Sweep();
  EXPECT_TRUE(stand.Events().empty());
}

TEST(ReceiveEvent, AVoidAfterTheCardWasTakenDestroysItButNotTheOutcome) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto created = stand.Submit(payment.key);
  ASSERT_TRUE(stand.Receive(EventOf("1", "SessionVoided", {{"session_key", payment.key}})));
  const auto session = stand.Session(payment.session.id);
  EXPECT_EQ(session.state, SessionState::kCreated);
  EXPECT_TRUE(session.voided_after_end);
  EXPECT_FALSE(stand.HasCard(base::ParseUuid(created->session.card_session->id).value()));
  EXPECT_EQ(stand.EventTypes(payment.session.id), std::vector<std::string>{"CardSessionCreated"})
      << "what was committed is still delivered, and nothing is added";
}

TEST(ReceiveEvent, FindsItsSessionByAnyIdOrTheSubject) {
  for (const char* member : {"terminal_id", "session_id", "session_key", "ce-subject"}) {
    AppStand stand;
    OpenSession command;
    command.terminal_id = stand.ids.NewUuid();
    const auto payment = stand.Open(command);
    auto event = EventOf("1", "SessionVoided", nullptr);
    const std::string terminal_id = base::ToString(payment->session.terminal_id);
    const std::map<std::string, std::string> values = {
        {"terminal_id", terminal_id},
        {"session_id", base::ToString(payment->session.id)},
        {"session_key", payment->key}};
    if (values.contains(member)) {
      event.data = {{member, values.at(member)}};
    } else {
      event.subject = terminal_id;
    }
    EXPECT_EQ(stand.Receive(event).value(), Reception::kApplied) << member;
    EXPECT_EQ(stand.Session(payment->session.id).state, SessionState::kVoided) << member;
  }
}

TEST(ReceiveEvent, AVoidThatNamesBothSessionsClosesBoth) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto tds = stand.OpenTds(payment.session.terminal_id);
  ASSERT_TRUE(
      stand.Receive(EventOf("1", "SessionVoided",
                            {{"terminal_id", base::ToString(payment.session.terminal_id)},
                             {"tds_terminal_id", base::ToString(tds.session.terminal_id)}})));
  EXPECT_EQ(stand.Session(payment.session.id).state, SessionState::kVoided);
  EXPECT_EQ(stand.Session(tds.session.id).state, SessionState::kVoided);
}

TEST(ReceiveEvent, WithoutASessionItIsKeptAsATombstone) {
  AppStand stand;
  const Uuid terminal_id = stand.ids.NewUuid();
  EXPECT_EQ(
      stand
          .Receive(EventOf("1", "StateChanged",
                           {{"state", "accepted"}, {"terminal_id", base::ToString(terminal_id)}}))
          .value(),
      Reception::kUnmatched);
  OpenSession command;
  command.terminal_id = terminal_id;
  EXPECT_EQ(stand.Open(command)->session.commerce_state, CommerceState::kAccepted);
}

TEST(ReceiveEvent, ATombstoneHoldsNoSessionKey) {
  AppStand stand;
  const std::string key = stand.keys.Make(KeyPurpose::kPayment, stand.ids.NewUuid());
  const Uuid terminal_id = stand.ids.NewUuid();
  ASSERT_TRUE(stand.Receive(EventOf(
      "1", "SessionVoided", {{"terminal_id", base::ToString(terminal_id)}, {"session_key", key}})));
  const auto kept = testing::Await<std::string>([&](base::Done<std::string> done) {
    Read<std::string>(
        stand.store,
        [terminal_id](Transaction& tx) -> Result<std::string> {
          return tx.FindUnapplied(terminal_id).value().at(0).data;
        },
        std::move(done));
  });
  EXPECT_EQ(kept.value().find("pay_"), std::string::npos);
}

TEST(ReceiveEvent, ATypeThatIsNotOursIsIgnoredOnce) {
  AppStand stand;
  const auto payment = stand.OpenPayment();
  const auto event = EventOf("1", "PaymentRefunded", {{"session_key", payment.key}});
  EXPECT_EQ(stand.Receive(event).value(), Reception::kIgnored);
  EXPECT_EQ(stand.Receive(event).value(), Reception::kDuplicate);
  EXPECT_EQ(stand.Session(payment.session.id), payment.session);
}

TEST(ReceiveEvent, RefusesDataThatMakesNoSense) {
  AppStand stand;
  const auto received = stand.Receive(EventOf("1", "StateChanged", {{"state", "paid"}}));
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, ErrorCode::kInvalid);
}

TEST(ReceiveEvent, NamesItsReceptions) {
  EXPECT_EQ(ToString(Reception::kApplied), "applied");
  EXPECT_EQ(ToString(Reception::kDuplicate), "duplicate");
  EXPECT_EQ(ToString(Reception::kNoEffect), "no_effect");
  EXPECT_EQ(ToString(Reception::kConflict), "conflict");
  EXPECT_EQ(ToString(Reception::kUnmatched), "unmatched");
  EXPECT_EQ(ToString(Reception::kIgnored), "ignored");
}

}  // namespace
}  // namespace obolus::app
