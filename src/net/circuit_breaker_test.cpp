#include "net/circuit_breaker.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace obolus::net {
namespace {

using base::Millis;
using State = BreakerState;

class Breaker : public ::testing::Test {
 protected:
  void Fail(int times) {
    for (int i = 0; i < times; ++i) breaker_.Failed(breaker_.Ask(now_).value(), now_);
  }
  base::Timestamp now_ = base::FromMillis(1'795'305'600'000);
  CircuitBreaker breaker_{{.failures = 3,
                           .open_for = Millis(1'000),
                           .longest = Millis(3'000),
                           .trial_for = Millis(500)}};
};

TEST_F(Breaker, OpensAfterFailuresInARow) {
  Fail(2);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  breaker_.Succeeded(breaker_.Ask(now_).value());
  Fail(2);
  EXPECT_EQ(breaker_.state(), State::kClosed) << "a success begins the row again";
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_FALSE(breaker_.Ask(now_));
  EXPECT_EQ(breaker_.Wait(now_), Millis(1'000));
}

TEST_F(Breaker, LetsOneTryAndClosesWhenThatGoesWell) {
  Fail(3);
  now_ += Millis(1'000);
  const auto trial = breaker_.Ask(now_);
  ASSERT_TRUE(trial);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.Ask(now_)) << "one at a time";
  breaker_.Succeeded(*trial);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_TRUE(breaker_.Ask(now_));
}

TEST_F(Breaker, WaitsTwiceAsLongAfterEachTrialThatFails) {
  Fail(3);
  for (const int wait : {1'000, 2'000, 3'000, 3'000}) {
    EXPECT_EQ(breaker_.Wait(now_), Millis(wait));
    now_ += Millis(wait);
    Fail(1);
    EXPECT_EQ(breaker_.state(), State::kOpen);
  }
  now_ += Millis(3'000);
  breaker_.Succeeded(breaker_.Ask(now_).value());
  Fail(3);
  EXPECT_EQ(breaker_.Wait(now_), Millis(1'000)) << "begins small again";
}

TEST_F(Breaker, WhatBeganBeforeItOpenedIsOldNews) {
  const auto old = breaker_.Ask(now_).value();
  Fail(3);
  breaker_.Succeeded(old);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  now_ += Millis(1'000);
  const auto trial = breaker_.Ask(now_).value();
  breaker_.Failed(old, now_);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  breaker_.Succeeded(trial);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(Breaker, ATrialThatSaysNothingIsTakenForLost) {
  Fail(3);
  now_ += Millis(1'000);
  const auto lost = breaker_.Ask(now_).value();
  now_ += Millis(500);
  const auto next = breaker_.Ask(now_);
  ASSERT_TRUE(next);
  breaker_.Failed(lost, now_);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  breaker_.Succeeded(*next);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(Breaker, AClockThatIsSetBackDoesNotKeepItShut) {
  Fail(3);
  now_ -= std::chrono::hours(24);
  EXPECT_TRUE(breaker_.Ask(now_));
}

// Whatever calls do and however time goes: it never waits longer than it may, half open lets one
// call through, and a peer that is well again is called again.
RC_GTEST_PROP(BreakerProperty, ComesBackAndNeverWaitsTooLong, ()) {
  const BreakerOptions options{.failures = *rc::gen::inRange(1, 6),
                               .open_for = Millis(*rc::gen::inRange(1, 1'000)),
                               .longest = Millis(5'000),
                               .trial_for = Millis(*rc::gen::inRange(1, 1'000))};
  CircuitBreaker breaker(options);
  base::Timestamp now = base::FromMillis(1'795'305'600'000);
  std::vector<CircuitBreaker::Permit> running;
  int trials = 0;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 2'000))) {
    switch (step % 4) {
      case 0: {
        const auto before = breaker.state();
        const auto permit = breaker.Ask(now);
        if (before == State::kClosed) RC_ASSERT(permit);
        if (permit) running.push_back(*permit);
        if (permit && breaker.state() == State::kHalfOpen) ++trials;
        break;
      }
      case 1:
      case 2:
        if (running.empty()) break;
        if (step % 4 == 1) breaker.Succeeded(running.back());
        if (step % 4 == 2) breaker.Failed(running.back(), now);
        running.pop_back();
        break;
      default:
        now += Millis(step - 200);
    }
    RC_ASSERT(breaker.Wait(now) <= std::max(options.longest, options.trial_for));
    RC_ASSERT(breaker.Wait(now) >= Millis(0));
  }
  RC_TAG(trials > 0 ? "tried" : "never open");
  now += std::max(options.longest, options.trial_for);
  const auto permit = breaker.Ask(now);
  RC_ASSERT(permit);
  breaker.Succeeded(*permit);
  RC_ASSERT(breaker.state() == State::kClosed);
}

}  // namespace
}  // namespace obolus::net
