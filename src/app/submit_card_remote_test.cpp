#include <gtest/gtest.h>

#include "support/app_stand.h"

namespace obolus::app {
namespace {

using base::ErrorCode;
using domain::SessionState;
using std::chrono::seconds;
using testing::AppStand;
using testing::EventOf;
using testing::FakeVault;
using testing::kGoodCard;

const std::vector<std::string> kCreatedOnce = {"CardSessionCreated"};

// A submission that a remote vault is asked about: `call` is what the vault got, `answer` what the
// shopper gets.
class SubmitCardRemotely : public ::testing::Test {
 protected:
  std::future<Result<SessionView>> Begin(std::string payload = kGoodCard) {
    auto promise = std::make_shared<std::promise<Result<SessionView>>>();
    auto answer = promise->get_future();
    Execute(stand_.services, SubmitCardEntry{opened_.key, std::move(payload)},
            [promise](Result<SessionView> view) { promise->set_value(std::move(view)); });
    return answer;
  }
  static StoredCard Token() { return {"token-1", "guardian", std::nullopt}; }
  domain::Session Stored() { return stand_.Session(opened_.session.id); }
  std::vector<std::string> EventTypes() { return stand_.EventTypes(opened_.session.id); }

  AppStand stand_{true};
  const OpenedSession opened_ = stand_.OpenPayment();
};

TEST_F(SubmitCardRemotely, WritesTheIntentFirst) {
  auto answer = Begin();
  const auto call = stand_.vault.Take();
  EXPECT_EQ(Stored().state, SessionState::kSubmitted);
  EXPECT_EQ(Stored().lease_until, stand_.clock.Now() + seconds(20));
  EXPECT_NE(Stored().submit_digest, std::nullopt);
  EXPECT_TRUE(EventTypes().empty());
  EXPECT_EQ(call.account_number, "4242424242424242");
  EXPECT_EQ(call.session_id, opened_.session.id);
  EXPECT_EQ(call.valid_until, stand_.clock.Now() + std::chrono::hours(24));
  EXPECT_EQ(call.idempotency_key.size(), 64U);
}

TEST_F(SubmitCardRemotely, ThenWritesTheOutcome) {
  auto answer = Begin();
  auto call = stand_.vault.Take();
  stand_.clock.Advance(seconds(2));
  call.done(Token());
  const auto view = answer.get();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session.state, SessionState::kCreated);
  EXPECT_EQ(view->session.ended_at, stand_.clock.Now());
  EXPECT_EQ(view->session.card_session->id, "token-1");
  EXPECT_EQ(view->session.card_session->provider, "guardian");
  EXPECT_EQ(view->session.lease_until, std::nullopt);
  EXPECT_EQ(EventTypes(), kCreatedOnce);
}

TEST_F(SubmitCardRemotely, ACardThatTheVaultRefusesCounts) {
  auto answer = Begin();
  stand_.vault.Take().done(base::Invalid("/account_number", "is not accepted"));
  const auto refused = answer.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/result/enc_payload/account_number");
  EXPECT_EQ(Stored().state, SessionState::kOpen);
  EXPECT_EQ(Stored().attempts, 1);
  EXPECT_EQ(Stored().submit_digest, std::nullopt);
}

TEST_F(SubmitCardRemotely, WhatTheVaultRefusesCountsAlsoWhenTypingErrorsDoNot) {
  stand_.services.settings.policy.count_typing_errors = false;
  stand_.services.settings.policy.cool_downs = {seconds(5)};
  auto answer = Begin();
  stand_.vault.Take().done(base::Invalid("/account_number", "is not accepted"));
  EXPECT_EQ(answer.get().error().extensions.at(0).second, 4);
  EXPECT_EQ(Stored().attempts, 1);
  EXPECT_EQ(stand_.Submit(opened_.key).error().code, ErrorCode::kRateLimited);
  EXPECT_EQ(stand_.vault.waiting(), 0U) << "the vault is not asked meanwhile";
}

TEST_F(SubmitCardRemotely, TheLastRefusalEndsTheSession) {
  stand_.services.settings.policy.max_attempts = 1;
  auto answer = Begin();
  stand_.vault.Take().done(base::Invalid("/account_number", "is not accepted"));
  EXPECT_FALSE(answer.get());
  EXPECT_EQ(Stored().state, SessionState::kFailed);
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"CardSessionFailed"});
}

TEST_F(SubmitCardRemotely, AVaultThatFailsCostsNoAttempt) {
  for (const auto code : {ErrorCode::kUnavailable, ErrorCode::kTimeout}) {
    auto answer = Begin();
    stand_.vault.Take().done(base::Fail(code, "no answer"));
    const auto failed = answer.get();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(Stored().state, SessionState::kOpen);
    EXPECT_EQ(Stored().attempts, 0);
  }
  EXPECT_TRUE(EventTypes().empty());
}

TEST_F(SubmitCardRemotely, SilenceReturnsTheSessionToTheShopper) {
  auto answer = Begin();
  const auto call = stand_.vault.Take();
  stand_.clock.Advance(seconds(20) - base::Millis(1));
  EXPECT_EQ(stand_.Sweep(), 0U);
  EXPECT_EQ(Stored().state, SessionState::kSubmitted);
  stand_.clock.Advance(base::Millis(1));
  EXPECT_EQ(stand_.Sweep(), 1U);
  EXPECT_EQ(Stored().state, SessionState::kOpen);
  EXPECT_EQ(Stored().attempts, 0);
  EXPECT_TRUE(EventTypes().empty());
}

TEST_F(SubmitCardRemotely, ALateAnswerCounts) {
  auto answer = Begin();
  auto call = stand_.vault.Take();
  stand_.clock.Advance(seconds(30));
  ASSERT_EQ(stand_.Sweep(), 1U);
  call.done(Token());
  const auto view = answer.get();
  ASSERT_TRUE(view);
  EXPECT_EQ(view->session.state, SessionState::kCreated);
  EXPECT_EQ(EventTypes(), kCreatedOnce);
}

TEST_F(SubmitCardRemotely, AnAnswerAfterTheSessionsTimeCountsWhileItIsAwaited) {
  stand_.clock.Advance(seconds(890));
  auto answer = Begin();
  auto call = stand_.vault.Take();
  stand_.clock.Advance(seconds(15));
  EXPECT_EQ(stand_.Sweep(), 0U) << "the lease is not over";
  call.done(Token());
  ASSERT_TRUE(answer.get());
  EXPECT_EQ(EventTypes(), kCreatedOnce);
}

TEST_F(SubmitCardRemotely, CommerceNeverHearsBothOutcomes) {
  stand_.clock.Advance(seconds(890));
  auto answer = Begin();
  auto call = stand_.vault.Take();
  stand_.clock.Advance(seconds(20));
  EXPECT_EQ(stand_.Sweep(), 1U);  // gives up
  EXPECT_EQ(stand_.Sweep(), 1U);  // expires
  call.done(Token());
  const auto late = answer.get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kExpired);
  EXPECT_EQ(EventTypes(), std::vector<std::string>{"CardSessionFailed"});
}

TEST_F(SubmitCardRemotely, ACrashBetweenTheStepsLeavesASessionThatGoesOn) {
  auto lost = Begin();
  const std::string idempotency_key = [&] {
    const auto call = stand_.vault.Take();  // dropped unanswered, as by a process that died
    return call.idempotency_key;
  }();
  EXPECT_EQ(Stored().state, SessionState::kSubmitted);
  stand_.clock.Advance(seconds(20));
  ASSERT_EQ(stand_.Sweep(), 1U);
  auto answer = Begin();
  auto call = stand_.vault.Take();
  EXPECT_EQ(call.idempotency_key, idempotency_key) << "the vault keeps one card, not two";
  call.done(Token());
  ASSERT_TRUE(answer.get());
  EXPECT_EQ(EventTypes(), kCreatedOnce);
}

TEST_F(SubmitCardRemotely, TheSamePayloadWhileTheVaultIsAskedWaits) {
  auto answer = Begin();
  auto call = stand_.vault.Take();
  const auto again = stand_.Submit(opened_.key);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->session.state, SessionState::kSubmitted);
  EXPECT_EQ(stand_.vault.waiting(), 0U) << "asked once";
  call.done(Token());
  EXPECT_TRUE(answer.get());
}

TEST_F(SubmitCardRemotely, AnotherPayloadWhileTheVaultIsAskedIsAConflict) {
  auto answer = Begin();
  const auto call = stand_.vault.Take();
  const auto other = stand_.Submit(opened_.key, "5555555555554444|7|2031|123");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
}

TEST_F(SubmitCardRemotely, AFailureOfAnOldCallDoesNotEndTheNewOne) {
  auto first = Begin();
  auto first_call = stand_.vault.Take();
  stand_.clock.Advance(seconds(20));
  ASSERT_EQ(stand_.Sweep(), 1U);
  auto second = Begin("5555555555554444|7|2031|123");
  auto second_call = stand_.vault.Take();
  first_call.done(base::Fail(ErrorCode::kTimeout, "no answer"));
  EXPECT_FALSE(first.get());
  EXPECT_EQ(Stored().state, SessionState::kSubmitted);
  second_call.done(Token());
  ASSERT_TRUE(second.get());
  EXPECT_EQ(Stored().card_session->card.last_four, "4444");
}

TEST_F(SubmitCardRemotely, ARefusalOfAnOldCallDoesNotEndTheNewOne) {
  auto first = Begin();
  auto first_call = stand_.vault.Take();
  stand_.clock.Advance(seconds(20));
  ASSERT_EQ(stand_.Sweep(), 1U);
  auto second = Begin("5555555555554444|7|2031|123");
  auto second_call = stand_.vault.Take();
  first_call.done(base::Invalid("/account_number", "is not accepted"));
  EXPECT_FALSE(first.get());
  EXPECT_EQ(Stored().state, SessionState::kSubmitted);
  second_call.done(Token());
  EXPECT_TRUE(second.get());
}

TEST_F(SubmitCardRemotely, AVoidWhileTheVaultIsAskedStands) {
  auto answer = Begin();
  auto call = stand_.vault.Take();
  ASSERT_EQ(stand_.Receive(EventOf("1", "SessionVoided", {{"session_key", opened_.key}})).value(),
            Reception::kApplied);
  call.done(Token());
  const auto late = answer.get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_EQ(Stored().state, SessionState::kVoided);
  EXPECT_TRUE(EventTypes().empty());
}

TEST_F(SubmitCardRemotely, ACardThatACheckRefusesNeverReachesTheVault) {
  ASSERT_FALSE(stand_.Submit(opened_.key, testing::kBadCard));
  EXPECT_EQ(stand_.vault.waiting(), 0U);
  EXPECT_EQ(Stored().attempts, 1);
}

}  // namespace
}  // namespace obolus::app
