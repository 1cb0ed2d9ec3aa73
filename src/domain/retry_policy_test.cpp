#include "domain/retry_policy.h"

#include <gtest/gtest.h>

namespace obolus::domain {
namespace {

using std::chrono::seconds;

const Timestamp kNow = base::ParseTime("2026-11-25T10:00:00Z").value();

Session Refused(int attempts) {
  Session session;
  session.attempts = attempts;
  if (attempts > 0) session.refused_at = kNow;
  return session;
}

std::optional<seconds> LeftAfter(int attempts, std::vector<seconds> cool_downs,
                                 base::Millis passed = base::Millis(0)) {
  const Policy policy{.cool_downs = std::move(cool_downs)};
  return CoolDownLeft(Refused(attempts), policy, kNow + passed);
}

TEST(AttemptsLeft, CountsDownToNothing) {
  const Policy policy{.max_attempts = 3};
  EXPECT_EQ(AttemptsLeft(Refused(0), policy), 3);
  EXPECT_EQ(AttemptsLeft(Refused(3), policy), 0);
  EXPECT_EQ(AttemptsLeft(Refused(4), policy), 0) << "the operator lowered the limit meanwhile";
}

TEST(AttemptsLeft, HasNoLimitWhenThePolicySaysZero) {
  EXPECT_EQ(AttemptsLeft(Refused(50), {.max_attempts = 0}), std::nullopt);
}

TEST(AttemptsLeft, FollowsTheSessionsOwnTermsFirst) {
  Session session = Refused(2);
  session.retries.max_attempts = 10;
  EXPECT_EQ(AttemptsLeft(session, {.max_attempts = 3}), 8);
  session.retries.max_attempts = 0;
  EXPECT_EQ(AttemptsLeft(session, {.max_attempts = 3}), std::nullopt);
}

TEST(CoolDownLeft, IsThatOfTheLastRefusalAndTheLastOneGoesOn) {
  const std::vector<seconds> list = {seconds(0), seconds(5), seconds(15)};
  EXPECT_EQ(LeftAfter(0, list), std::nullopt);
  EXPECT_EQ(LeftAfter(1, list), std::nullopt);
  EXPECT_EQ(LeftAfter(2, list), seconds(5));
  EXPECT_EQ(LeftAfter(3, list), seconds(15));
  EXPECT_EQ(LeftAfter(99, list), seconds(15));
  EXPECT_EQ(LeftAfter(3, {}), std::nullopt);
}

TEST(CoolDownLeft, IsRoundedUpAndEndsOnTime) {
  EXPECT_EQ(LeftAfter(1, {seconds(5)}, base::Millis(1)), seconds(5));
  EXPECT_EQ(LeftAfter(1, {seconds(5)}, base::Millis(4'000)), seconds(1));
  EXPECT_EQ(LeftAfter(1, {seconds(5)}, base::Millis(4'999)), seconds(1));
  EXPECT_EQ(LeftAfter(1, {seconds(5)}, base::Millis(5'000)), std::nullopt);
}

TEST(CoolDownLeft, IsNeverLongerThanMeant) {
  EXPECT_EQ(LeftAfter(1, {seconds(5)}, base::Millis(-3'600'000)), seconds(5)) << "a clock set back";
}

TEST(CoolDownLeft, FollowsTheSessionsOwnTermsFirst) {
  const Policy policy{.cool_downs = {seconds(5)}};
  Session session = Refused(1);
  session.retries.cool_downs = {seconds(60)};
  EXPECT_EQ(CoolDownLeft(session, policy, kNow), seconds(60));
  session.retries.cool_downs.emplace();
  EXPECT_EQ(CoolDownLeft(session, policy, kNow), std::nullopt) << "none, and not the policy's";
}

TEST(CoolDownLeft, IsOfPaymentSessionsThatWaitForACard) {
  const Policy policy{.cool_downs = {seconds(5)}};
  Session session = Refused(1);
  for (const SessionState state : {SessionState::kSubmitted, SessionState::kFailed}) {
    session.state = state;
    EXPECT_EQ(CoolDownLeft(session, policy, kNow), std::nullopt);
  }
  session.state = SessionState::kOpen;
  session.kind = SessionKind::kTds;
  EXPECT_EQ(CoolDownLeft(session, policy, kNow), std::nullopt);
}

}  // namespace
}  // namespace obolus::domain
