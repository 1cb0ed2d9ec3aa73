#include "net/http2_budget.h"

#include <gtest/gtest.h>

namespace obolus::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Http2Budget::SteadyTime kStart{};

int SpendAll(Http2Budget& budget, int points) {
  int count = 0;
  while (!budget.Overdrawn() && count < 100'000) {
    budget.Spend(points);
    ++count;
  }
  return count;
}

TEST(Http2Budget, AFloodOfResetsIsOverAfterAHundred) {
  Http2Budget budget(kStart);
  EXPECT_EQ(SpendAll(budget, Http2Budget::kReset), 101);
}

TEST(Http2Budget, TimeFillsItAndNeverAboveItsBrim) {
  Http2Budget budget(kStart);
  budget.Spend(Http2Budget::kMost + 1);
  ASSERT_TRUE(budget.Overdrawn());
  for (int i = 1; i <= 100; ++i) budget.Fill(kStart + milliseconds(i));  // a tenth of a second
  EXPECT_EQ(SpendAll(budget, 1), 10);
  budget.Fill(kStart + seconds(3600));
  EXPECT_EQ(SpendAll(budget, 1), Http2Budget::kMost - 1 + 1);
}

TEST(Http2Budget, AnswersAndBytesEarnAndBytesAddUp) {
  Http2Budget budget(kStart);
  budget.Spend(Http2Budget::kMost);
  for (int i = 0; i < 1024; ++i) budget.EarnBytes(1);
  EXPECT_EQ(SpendAll(budget, 1), 2) << "a kibibyte earned one point";
  Http2Budget other(kStart);
  other.Spend(Http2Budget::kMost);
  other.EarnAnswer();
  EXPECT_EQ(SpendAll(other, 1), Http2Budget::kAnswer + 1);
}

TEST(Http2Budget, AHugeBodyEarnsNoMoreThanTheBrim) {
  Http2Budget budget(kStart);
  budget.EarnBytes(std::size_t{1} << 40);
  EXPECT_EQ(SpendAll(budget, 1), Http2Budget::kMost + 1);
}

TEST(Http2Budget, AClientThatTakesAByteAtATimeEarnsNothingByIt) {
  Http2Budget budget(kStart);
  int windows = 0;
  while (!budget.Overdrawn() && windows < 100'000) {
    budget.Spend(Http2Budget::kNote);  // WINDOW_UPDATE of one byte
    budget.EarnBytes(1);               // and the byte
    ++windows;
  }
  EXPECT_LT(windows, 1100);
}

}  // namespace
}  // namespace obolus::net
