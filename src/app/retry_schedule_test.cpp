#include "app/retry_schedule.h"

#include <gtest/gtest.h>

namespace obolus::app {
namespace {

using base::Millis;
using base::Timestamp;

const Timestamp kStart = base::FromMillis(1'795'305'600'000);
constexpr std::uint64_t kMiddle = 200;  // 100 %

Millis DelayAfter(int attempts, std::uint64_t random = kMiddle,
                  const RetrySchedule& schedule = {}) {
  return NextAttempt(schedule, attempts, kStart, kStart, std::nullopt, random).value() - kStart;
}

TEST(RetrySchedule, FollowsTheContract) {
  const std::vector<Millis> expected = {Millis(0),       Millis(1'000),   Millis(2'000),
                                        Millis(5'000),   Millis(10'000),  Millis(30'000),
                                        Millis(60'000),  Millis(120'000), Millis(240'000),
                                        Millis(300'000), Millis(300'000)};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(DelayAfter(static_cast<int>(i) + 1), expected[i]) << "after attempt " << i + 1;
  }
}

TEST(RetrySchedule, NeverGrowsPastTheLongestDelay) {
  for (const int attempts : {20, 1000, 2'000'000'000}) {
    EXPECT_EQ(DelayAfter(attempts), Millis(300'000));
  }
}

TEST(RetrySchedule, SpreadsFromEightyToAHundredAndTwentyPercent) {
  EXPECT_EQ(DelayAfter(5, 0), Millis(8'000));
  EXPECT_EQ(DelayAfter(5, 400), Millis(12'000));
  for (std::uint64_t random = 0; random < 1000; ++random) {
    const Millis delay = DelayAfter(5, random);
    EXPECT_GE(delay, Millis(8'000));
    EXPECT_LE(delay, Millis(12'000));
  }
}

TEST(RetrySchedule, HonoursThePeersWishWithinLimits) {
  const auto next = [](Millis wish) {
    return NextAttempt({}, 1, kStart, kStart, wish, kMiddle).value() - kStart;
  };
  EXPECT_EQ(next(Millis(7'000)), Millis(7'000));
  EXPECT_EQ(next(Millis(0)), Millis(1'000));
  EXPECT_EQ(next(Millis(86'400'000)), Millis(900'000));
}

TEST(RetrySchedule, NeverWaitsLongerThanItsLongestDelay) {
  RetrySchedule patient;
  patient.longest = Millis(3'600'000);
  EXPECT_EQ(LongestDelay({}), Millis(900'000)) << "as a peer may ask for";
  EXPECT_EQ(LongestDelay(patient), Millis(4'320'000)) << "with the most of jitter";
  for (const RetrySchedule& schedule : {RetrySchedule{}, patient}) {
    for (int attempts = 1; attempts < 40; ++attempts) {
      for (std::uint64_t random = 0; random < 401; ++random) {
        const auto next = NextAttempt(schedule, attempts, kStart, kStart, std::nullopt, random);
        ASSERT_LE(next.value() - kStart, LongestDelay(schedule));
      }
    }
  }
}

TEST(RetrySchedule, GivesUpAfterThreeDays) {
  const auto at = [](Millis age, std::optional<Millis> retry_after) {
    return NextAttempt({}, 900, kStart, kStart + age, retry_after, kMiddle);
  };
  const Millis end = std::chrono::hours(72);
  EXPECT_EQ(at(end - Millis(1), std::nullopt), kStart + end - Millis(1) + Millis(300'000));
  EXPECT_EQ(at(end, std::nullopt), std::nullopt);
  EXPECT_EQ(at(end, Millis(1'000)), std::nullopt);
}

TEST(RetrySchedule, TakesItsDelaysFromTheConfiguration) {
  const RetrySchedule schedule{.delays = {Millis(10), Millis(100)}, .longest = Millis(250)};
  EXPECT_EQ(DelayAfter(1, kMiddle, schedule), Millis(10));
  EXPECT_EQ(DelayAfter(2, kMiddle, schedule), Millis(100));
  EXPECT_EQ(DelayAfter(3, kMiddle, schedule), Millis(200));
  EXPECT_EQ(DelayAfter(4, kMiddle, schedule), Millis(250));
  const RetrySchedule capped{.delays = {Millis(10'000)}, .longest = Millis(500)};
  EXPECT_EQ(DelayAfter(1, kMiddle, capped), Millis(500));
}

TEST(RetrySchedule, WithoutDelaysDoublesFromASecond) {
  const RetrySchedule schedule{.delays = {}};
  EXPECT_EQ(DelayAfter(1, kMiddle, schedule), Millis(2'000));
  EXPECT_EQ(DelayAfter(2, kMiddle, schedule), Millis(4'000));
}

}  // namespace
}  // namespace obolus::app
