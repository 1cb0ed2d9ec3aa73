#include "domain/session.h"

#include <gtest/gtest.h>

#include <set>

namespace obolus::domain {
namespace {

TEST(Session, EveryStateHasItsOwnName) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kSessionStateCount; ++i) {
    const auto state = static_cast<SessionState>(i);
    names.insert(ToString(state));
    EXPECT_EQ(ParseSessionState(ToString(state)), state);
  }
  EXPECT_EQ(ParseSessionState("opened"), std::nullopt);
  EXPECT_EQ(names.size(), kSessionStateCount);
  EXPECT_FALSE(names.contains(""));
}

TEST(Session, CreatedEndsAPaymentSessionOnly) {
  EXPECT_TRUE(IsEnd(SessionKind::kPayment, SessionState::kCreated));
  EXPECT_FALSE(IsEnd(SessionKind::kPayment, SessionState::kSubmitted));
  EXPECT_FALSE(IsEnd(SessionKind::kTds, SessionState::kReturned));
  EXPECT_TRUE(IsEnd(SessionKind::kTds, SessionState::kSucceeded));
}

TEST(Session, CommerceStatesReadBack) {
  for (auto state : {CommerceState::kAccepted, CommerceState::kAuthorized,
                     CommerceState::kCompleted, CommerceState::kFailed}) {
    EXPECT_EQ(ParseCommerceState(ToString(state)), state);
  }
  EXPECT_FALSE(ParseCommerceState("AUTHORIZED").has_value());
}

TEST(Session, TheReasonsOfTheContractAreSpelledAsItSays) {
  EXPECT_EQ(ToString(FailureCode::kSessionExpired), "SESSION_EXPIRED");
  EXPECT_EQ(ToString(FailureCode::kCancelledByShopper), "CANCELLED_BY_SHOPPER");
  EXPECT_EQ(ToString(FailureCode::kAttemptsExhausted), "ATTEMPTS_EXHAUSTED");
  EXPECT_EQ(ToString(FailureCode::kProviderUnavailable), "PROVIDER_UNAVAILABLE");
}

}  // namespace
}  // namespace obolus::domain
