#include "domain/leak_table.h"

#include <gtest/gtest.h>

#include <random>

namespace obolus::domain {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const base::Timestamp kNow = base::FromMillis(1'795'305'600'000);

TEST(LeakTable, ALevelGrowsAndLeaks) {
  LeakTable table(64, {.burst = 3, .per_hour = 60});
  EXPECT_EQ(table.LevelOf(7, kNow), 0);
  EXPECT_EQ(table.Add(7, 1, kNow), 1);
  EXPECT_EQ(table.Add(7, 2, kNow), 3);
  EXPECT_FALSE(table.Admits(7, 1, kNow));
  EXPECT_EQ(table.WaitFor(7, 1, kNow), seconds(60));
  EXPECT_TRUE(table.Admits(7, 1, kNow + minutes(1)));
  EXPECT_EQ(table.WaitFor(7, 1, kNow + minutes(1)), seconds(0));
  EXPECT_EQ(table.LevelOf(7, kNow + hours(9)), 0);
  EXPECT_TRUE(table.Admits(8, 3, kNow)) << "another's level is its own";
  EXPECT_FALSE(table.Admits(8, 4, kNow)) << "more than there ever is";
}

TEST(LeakTable, CreditCountsDownToItsLowestAndLeaksToo) {
  LeakTable table(64, {.burst = 3, .per_hour = 60}, -5);
  EXPECT_EQ(table.Add(7, -100, kNow), -5);
  EXPECT_TRUE(table.Admits(7, 8, kNow));
  EXPECT_EQ(table.LevelOf(7, kNow + minutes(2)), -3);
  EXPECT_EQ(table.LevelOf(7, kNow + hours(1)), 0);
}

TEST(LeakTable, AClockThatIsSetBackForgivesNothing) {
  LeakTable table(64, {.burst = 3, .per_hour = 60});
  table.Add(7, 3, kNow);
  EXPECT_EQ(table.LevelOf(7, kNow - hours(5)), 3);
  EXPECT_EQ(table.Add(7, 1, kNow - hours(5)), 4);
  EXPECT_EQ(table.LevelOf(7, kNow), 4);
}

TEST(LeakTable, WithoutABurstNothingIsTooMuch) {
  LeakTable table(64, {});
  table.Add(7, 1e9, kNow);
  EXPECT_TRUE(table.Admits(7, 1e9, kNow));
}

// Whoever wants to get rid of his level by coming as very many others pays for it: they take free
// places and places of lower levels, never his.
TEST(LeakTable, OthersDoNotPushOutAHigherLevel) {
  LeakTable table(1024, {.burst = 10, .per_hour = 1});
  const Tag attacker = 123'456;
  for (int i = 0; i < 10; ++i) table.Add(attacker, 1, kNow);
  std::mt19937_64 random(3);
  for (int i = 0; i < 100'000; ++i) table.Add(random(), 1, kNow);
  EXPECT_EQ(table.LevelOf(attacker, kNow), 10);
  EXPECT_EQ(table.size(), 1024U);
}

}  // namespace
}  // namespace obolus::domain
