#include "domain/session_machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <tuple>
#include <vector>

namespace obolus::domain {
namespace {

using base::ErrorCode;

constexpr Timestamp kNow{base::Millis(1'800'000'000'000)};
const Policy kPolicy;

Session Sample(SessionKind kind, SessionState state) {
  Session session;
  session.kind = kind;
  session.state = state;
  session.created_at = kNow - std::chrono::minutes(1);
  session.expires_at = kNow + std::chrono::minutes(10);
  session.challenge = HostedChallenge{"https://bank.example/challenge"};
  session.version = 7;
  if (state == SessionState::kSubmitted || state == SessionState::kCreated) {
    session.submit_digest = base::Sha256Digest{1};
  }
  return session;
}

Command CommandFor(Trigger trigger) {
  switch (trigger) {
    case Trigger::kSubmit:
      return SubmitCard{base::Sha256Digest{2}, kNow + std::chrono::seconds(15)};
    case Trigger::kAccept:
      return AcceptCard{CardSession{}, base::Sha256Digest{2}};
    case Trigger::kRefuse:
    case Trigger::kExhaust:
      return RefuseCard{};
    case Trigger::kGiveUp:
      return GiveUpSubmission{};
    case Trigger::kCancel:
      return Cancel{};
    case Trigger::kVoid:
      return Void{};
    case Trigger::kExpire:
      return Expire{};
    case Trigger::kProvideChallenge:
      return ProvideChallenge{HostedChallenge{"https://other.example/"}};
    case Trigger::kStartChallenge:
      return StartChallenge{};
    case Trigger::kReturn:
      return ReturnFromChallenge{};
    case Trigger::kSucceed:
      return CompleteChallenge{true};
    case Trigger::kFail:
      return CompleteChallenge{false};
    case Trigger::kAnnotate:
      return AnnotateState{CommerceState::kAuthorized};
  }
  return Void{};
}

// A session and a time for which `trigger` is what the command means.
std::pair<Session, Timestamp> Setting(SessionKind kind, SessionState from, Trigger trigger) {
  Session session = Sample(kind, from);
  if (trigger == Trigger::kExhaust) session.attempts = kPolicy.max_attempts - 1;
  const Timestamp now = trigger == Trigger::kExpire ? session.expires_at : kNow;
  return {session, now};
}

TEST(SessionMachine, EveryRowOfTheTableDoesWhatItSays) {
  for (const Transition& row : Transitions()) {
    const auto [session, now] = Setting(row.kind, row.from, row.trigger);
    const auto decision = Decide(session, CommandFor(row.trigger), kPolicy, now);
    ASSERT_TRUE(decision.has_value()) << ToString(row.from) << " " << ToString(row.trigger);
    EXPECT_EQ(decision->session.state, row.to);
    EXPECT_EQ(decision->event, decision->changed ? row.emits : std::nullopt);
    EXPECT_EQ(decision->session.version, decision->changed ? 8 : 7);
    EXPECT_EQ(decision->entered, row.from != row.to);
    if (row.from != row.to) {
      EXPECT_TRUE(decision->changed);
      EXPECT_EQ(decision->session.ended_at.has_value(), IsEnd(row.kind, row.to));
    }
  }
}

TEST(SessionMachine, WhatTheTableDoesNotListIsRefusedOrARepetition) {
  for (auto kind : {SessionKind::kPayment, SessionKind::kTds}) {
    for (std::size_t s = 0; s < kSessionStateCount; ++s) {
      for (int t = 0; t <= static_cast<int>(Trigger::kAnnotate); ++t) {
        const auto from = static_cast<SessionState>(s);
        const auto trigger = static_cast<Trigger>(t);
        if (FindTransition(kind, from, trigger) != nullptr) continue;
        const auto [session, now] = Setting(kind, from, trigger);
        const auto decision = Decide(session, CommandFor(trigger), kPolicy, now);
        if (decision) {
          EXPECT_FALSE(decision->changed) << ToString(from) << " " << ToString(trigger);
          EXPECT_FALSE(decision->entered);
          EXPECT_FALSE(decision->event.has_value());
        } else {
          EXPECT_TRUE(decision.error().code == ErrorCode::kConflict ||
                      decision.error().code == ErrorCode::kExpired);
        }
      }
    }
  }
}

TEST(SessionMachine, NoRowLeavesAnEndForAnotherStateButAVoidForTheOutcome) {
  for (const Transition& row : Transitions()) {
    if (!IsEnd(row.kind, row.from)) continue;
    EXPECT_FALSE(row.emits.has_value());
    const bool outcome = row.trigger == Trigger::kSucceed || row.trigger == Trigger::kFail;
    if (row.kind == SessionKind::kTds && row.from == SessionState::kVoided && outcome) {
      EXPECT_TRUE(IsEnd(row.kind, row.to));
    } else {
      EXPECT_EQ(row.from, row.to);
    }
  }
}

TEST(SessionMachine, NoRowIsListedTwiceAndEveryStateIsReachable) {
  std::set<std::tuple<SessionKind, SessionState, Trigger>> seen;
  for (const Transition& row : Transitions()) {
    EXPECT_TRUE(seen.insert({row.kind, row.from, row.trigger}).second);
  }
  for (auto kind : {SessionKind::kPayment, SessionKind::kTds}) {
    std::set<SessionState> reached = {SessionState::kOpen};
    for (std::size_t round = 0; round < kSessionStateCount; ++round) {
      for (const Transition& row : Transitions()) {
        if (row.kind == kind && reached.contains(row.from)) reached.insert(row.to);
      }
    }
    for (const Transition& row : Transitions()) {
      if (row.kind == kind) EXPECT_TRUE(reached.contains(row.from)) << ToString(row.from);
    }
  }
}

TEST(SessionMachine, OnAnyPathAPaymentTellsCommerceAtMostOneOutcome) {
  // Walks all paths of state changes; the state is the whole memory of the machine as far as events
  // go.
  const auto walk = [](auto&& self, SessionKind kind, SessionState at, int told,
                       int depth) -> void {
    ASSERT_LE(told, 1) << ToString(at);
    if (depth == 0) return;
    for (const Transition& row : Transitions()) {
      if (row.kind != kind || row.from != at || (row.to == at && !row.emits)) continue;
      self(self, kind, row.to, told + (row.emits ? 1 : 0), depth - 1);
    }
  };
  walk(walk, SessionKind::kPayment, SessionState::kOpen, 0, 8);
  walk(walk, SessionKind::kTds, SessionState::kOpen, 0, 8);
}

TEST(SessionMachine, SubmitAfterExpiryIsRefused) {
  const Session session = Sample(SessionKind::kPayment, SessionState::kOpen);
  const auto decision = Decide(session, AcceptCard{CardSession{}, base::Sha256Digest{2}}, kPolicy,
                               session.expires_at);
  ASSERT_FALSE(decision.has_value());
  EXPECT_EQ(decision.error().code, ErrorCode::kExpired);
}

TEST(SessionMachine, ALateAnswerOfARemoteVaultStillCounts) {
  const Session session = Sample(SessionKind::kPayment, SessionState::kSubmitted);
  const auto decision = Decide(session, AcceptCard{CardSession{}, base::Sha256Digest{1}}, kPolicy,
                               session.expires_at + std::chrono::seconds(1));
  ASSERT_TRUE(decision.has_value());
  EXPECT_EQ(decision->session.state, SessionState::kCreated);
}

TEST(SessionMachine, ExpiryBeforeItsTimeIsRefused) {
  const Session session = Sample(SessionKind::kPayment, SessionState::kOpen);
  EXPECT_FALSE(
      Decide(session, Expire{}, kPolicy, session.expires_at - base::Millis(1)).has_value());
}

TEST(SessionMachine, TheSameCardAgainIsARepetitionAndAnotherIsAConflict) {
  const Session session = Sample(SessionKind::kPayment, SessionState::kCreated);
  const auto same =
      Decide(session, AcceptCard{CardSession{}, base::Sha256Digest{1}}, kPolicy, kNow);
  ASSERT_TRUE(same.has_value());
  EXPECT_FALSE(same->changed);
  const auto other =
      Decide(session, AcceptCard{CardSession{}, base::Sha256Digest{9}}, kPolicy, kNow);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kConflict);
}

// Each of the two settings silences its own kind of session, and no more; a session that has come
// back was told of already.
TEST(SessionMachine, ExpiryIsToldAsConfigured) {
  using enum SessionState;
  const std::pair<SessionKind, SessionState> waiting[] = {{SessionKind::kPayment, kOpen},
                                                          {SessionKind::kTds, kOpen},
                                                          {SessionKind::kTds, kChallenged},
                                                          {SessionKind::kTds, kReturned}};
  for (const auto& [kind, state] : waiting) {
    for (const bool tds : {true, false}) {
      for (const bool payment : {true, false}) {
        SCOPED_TRACE(std::string(ToString(state)) + (tds ? " tds" : "") + (payment ? " pay" : ""));
        const Session session = Sample(kind, state);
        const Policy policy{.tds_result_on_expiry = tds, .card_session_failed_on_expiry = payment};
        const auto decision = Decide(session, Expire{}, policy, session.expires_at);
        ASSERT_TRUE(decision.has_value());
        EXPECT_EQ(decision->session.state, kExpired);
        std::optional<OutboundEvent> told;
        if (kind == SessionKind::kPayment && payment) told = OutboundEvent::kCardSessionFailed;
        if (kind == SessionKind::kTds && tds && state != kReturned) {
          told = OutboundEvent::kTdsResult;
        }
        EXPECT_EQ(decision->event, told);
        EXPECT_EQ(decision->session.failure, FailureCode::kSessionExpired);
      }
    }
  }
}

TEST(SessionMachine, AttemptsAreCountedAndTheLastOneFails) {
  Session session = Sample(SessionKind::kPayment, SessionState::kOpen);
  for (int attempt = 1; attempt < kPolicy.max_attempts; ++attempt) {
    session = Decide(session, RefuseCard{}, kPolicy, kNow)->session;
    EXPECT_EQ(session.state, SessionState::kOpen);
    EXPECT_EQ(session.attempts, attempt);
  }
  const auto last = Decide(session, RefuseCard{}, kPolicy, kNow);
  EXPECT_EQ(last->session.state, SessionState::kFailed);
  EXPECT_EQ(last->session.failure, FailureCode::kAttemptsExhausted);
  EXPECT_EQ(last->event, OutboundEvent::kCardSessionFailed);
}

TEST(SessionMachine, WithoutALimitNoRefusalEndsTheSession) {
  Session session = Sample(SessionKind::kPayment, SessionState::kOpen);
  session.attempts = 1'000;
  const auto decision = Decide(session, RefuseCard{}, {.max_attempts = 0}, kNow);
  EXPECT_EQ(decision->session.state, SessionState::kOpen);
  EXPECT_EQ(decision->session.attempts, 1'001);
  session.attempts = 1;
  session.retries.max_attempts = 2;
  EXPECT_EQ(Decide(session, RefuseCard{}, {.max_attempts = 0}, kNow)->session.state,
            SessionState::kFailed)
      << "the session's own terms come first";
}

TEST(SessionMachine, WhileItCoolsDownNoCardIsLookedAtOrCounted) {
  const Policy policy{.max_attempts = 5, .cool_downs = {std::chrono::seconds(5)}};
  const SubmitCard submit{base::Sha256Digest{2}, kNow + std::chrono::seconds(15)};
  Session session = Sample(SessionKind::kPayment, SessionState::kOpen);
  session = Decide(session, RefuseCard{}, policy, kNow)->session;
  EXPECT_EQ(session.refused_at, kNow);
  for (const Command& command : {Command(submit), Command(RefuseCard{})}) {
    const auto held = Decide(session, command, policy, kNow + base::Millis(4'999));
    ASSERT_FALSE(held.has_value());
    EXPECT_EQ(held.error().code, ErrorCode::kRateLimited);
    EXPECT_EQ(held.error().retry_after, std::chrono::seconds(1));
    using Extensions = std::vector<std::pair<std::string, std::int64_t>>;
    EXPECT_EQ(held.error().extensions, (Extensions{{"retry_after", 1}, {"attempts_left", 4}}));
    EXPECT_TRUE(Decide(session, command, policy, kNow + base::Millis(5'000)).has_value());
  }
  // A vault has the card already; and whoever gives up need not wait.
  EXPECT_TRUE(Decide(session, AcceptCard{{}, base::Sha256Digest{2}}, policy, kNow).has_value());
  EXPECT_TRUE(Decide(session, Cancel{}, policy, kNow).has_value());
  EXPECT_TRUE(Decide(session, Void{}, policy, kNow).has_value());
}

TEST(SessionMachine, AVaultsWordOnACardIsCountedWhateverTheTime) {
  const Policy policy{.max_attempts = 5, .cool_downs = {std::chrono::seconds(5)}};
  Session session = Sample(SessionKind::kPayment, SessionState::kSubmitted);
  session.attempts = 1;
  session.refused_at = kNow;
  const auto decision = Decide(session, RefuseCard{}, policy, kNow);
  ASSERT_TRUE(decision.has_value());
  EXPECT_EQ(decision->session.attempts, 2);
}

TEST(SessionMachine, VoidAfterTheCardWasTakenKeepsTheOutcomeAndDestroysTheCard) {
  const auto decision =
      Decide(Sample(SessionKind::kPayment, SessionState::kCreated), Void{}, kPolicy, kNow);
  EXPECT_EQ(decision->session.state, SessionState::kCreated);
  EXPECT_TRUE(decision->session.voided_after_end);
  EXPECT_TRUE(decision->destroys_card);
  EXPECT_FALSE(decision->event.has_value());
  EXPECT_FALSE(Decide(decision->session, Void{}, kPolicy, kNow)->changed);
}

TEST(SessionMachine, StateChangedLeavesTheLeaseOfASubmission) {
  Session session = Sample(SessionKind::kPayment, SessionState::kSubmitted);
  session.lease_until = kNow + std::chrono::seconds(15);
  const auto noted = Decide(session, AnnotateState{CommerceState::kAccepted}, kPolicy, kNow);
  EXPECT_EQ(noted->session.lease_until, session.lease_until);
  EXPECT_EQ(Decide(session, GiveUpSubmission{}, kPolicy, kNow)->session.lease_until, std::nullopt);
}

TEST(SessionMachine, AVoidAndAnOutcomeOfAChallengeEndAlikeInBothOrders) {
  for (const bool success : {true, false}) {
    const Session session = Sample(SessionKind::kTds, SessionState::kReturned);
    const auto play = [&](std::initializer_list<Command> commands) {
      Session played = session;
      for (const Command& command : commands) {
        const auto decision = Decide(played, command, kPolicy, kNow);
        EXPECT_TRUE(decision->changed);
        EXPECT_FALSE(decision->event.has_value());
        played = decision->session;
      }
      return played;
    };
    const Session voided_first = play({Void{}, CompleteChallenge{success}});
    EXPECT_EQ(voided_first, play({CompleteChallenge{success}, Void{}}));
    EXPECT_EQ(voided_first.state, success ? SessionState::kSucceeded : SessionState::kFailed);
    EXPECT_TRUE(voided_first.voided_after_end);
    EXPECT_FALSE(Decide(voided_first, Void{}, kPolicy, kNow)->changed);
    EXPECT_FALSE(Decide(voided_first, CompleteChallenge{success}, kPolicy, kNow)->changed);
    EXPECT_FALSE(Decide(voided_first, CompleteChallenge{!success}, kPolicy, kNow).has_value());
  }
}

TEST(SessionMachine, AnOutcomeAfterAVoidLeavesTheTimeOfTheEnd) {
  const auto voided =
      Decide(Sample(SessionKind::kTds, SessionState::kChallenged), Void{}, kPolicy, kNow)->session;
  const auto later =
      Decide(voided, CompleteChallenge{true}, kPolicy, kNow + std::chrono::hours(1))->session;
  EXPECT_EQ(later.ended_at, kNow);
}

TEST(SessionMachine, StateChangedInAnyOrderEndsInTheFurthest) {
  using enum CommerceState;
  std::vector<CommerceState> order = {kAccepted, kAuthorized, CommerceState::kFailed, kCompleted};
  const auto furthest = order;
  std::ranges::sort(order);
  do {
    Session session = Sample(SessionKind::kPayment, SessionState::kCreated);
    std::size_t reached = 0;
    for (const CommerceState state : order) {
      session = Decide(session, AnnotateState{state}, kPolicy, kNow)->session;
      const auto said = std::ranges::find(furthest, state) - furthest.begin();
      reached = std::max(reached, static_cast<std::size_t>(said));
      EXPECT_EQ(session.commerce_state, furthest[reached]);
    }
  } while (std::ranges::next_permutation(order).found);
}

TEST(SessionMachine, AChallengeThatIsNotKnownCannotStart) {
  Session session = Sample(SessionKind::kTds, SessionState::kOpen);
  session.challenge.reset();
  const auto decision = Decide(session, StartChallenge{}, kPolicy, kNow);
  ASSERT_FALSE(decision.has_value());
  EXPECT_EQ(decision.error().code, ErrorCode::kInvalid);
}

TEST(SessionMachine, TheDocumentedStatesAreCurrent) {
  std::ifstream file(std::string(OBOLUS_SOURCE_DIR) + "/docs/session-states.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), DescribeTransitions()) << "run: obolus states > docs/session-states.md";
}

TEST(SessionMachine, AReturnInTheLastSecondLeavesCommerceTimeToConfirm) {
  Session session = Sample(SessionKind::kTds, SessionState::kChallenged);
  session.expires_at = kNow + std::chrono::seconds(1);
  for (const Command& command : {Command(ReturnFromChallenge{}), Command(Cancel{})}) {
    const auto decision = Decide(session, command, kPolicy, kNow);
    ASSERT_TRUE(decision);
    EXPECT_EQ(decision->session.returned_at, kNow);
    EXPECT_EQ(decision->session.expires_at, kNow + kPolicy.confirm_within);
  }
}

TEST(SessionMachine, AnEarlyReturnLeavesTheTimeAsItWas) {
  const Session session = Sample(SessionKind::kTds, SessionState::kChallenged);
  const auto decision = Decide(session, ReturnFromChallenge{}, kPolicy, kNow);
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->session.expires_at, session.expires_at);
}

}  // namespace
}  // namespace obolus::domain
