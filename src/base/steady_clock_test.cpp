#include "base/steady_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace obolus::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

// A machine whose wall clock can be set.
struct Machine {
  Timestamp wall = FromMillis(1'795'305'600'000);
  Millis elapsed{5'000};

  SteadyClock::Source Source() {
    return {.wall = [this] { return wall; }, .elapsed = [this] { return elapsed; }};
  }
  void Pass(Millis time) {
    wall += time;
    elapsed += time;
  }
};

TEST(SteadyClock, StartsAtTheWallClockAndGoesOnWithIt) {
  Machine machine;
  SteadyClock clock(machine.Source());
  EXPECT_EQ(clock.Now(), machine.wall);
  for (int i = 0; i < 100; ++i) {
    machine.Pass(seconds(61));
    const auto seen = clock.Observe();
    EXPECT_EQ(seen.ahead, Millis(0));
    EXPECT_FALSE(seen.jumped);
    EXPECT_EQ(clock.Now(), machine.wall);
  }
}

TEST(SteadyClock, FollowsElapsedTimeWhenTheWallClockJumps) {
  for (const Millis jump : {Millis(days(1)), Millis(-days(1)), Millis(hours(1)), Millis(-2'000)}) {
    Machine machine;
    SteadyClock clock(machine.Source());
    const Timestamp begin = clock.Now();
    machine.wall += jump;
    EXPECT_EQ(clock.Now(), begin);
    const auto seen = clock.Observe();
    EXPECT_TRUE(seen.jumped) << jump.count();
    EXPECT_EQ(seen.ahead, jump);
    for (int i = 0; i < 900; ++i) {
      machine.Pass(seconds(1));
      EXPECT_FALSE(clock.Observe().jumped) << "one jump is told of once";
    }
    const Millis off = clock.Now() - begin - seconds(900);
    EXPECT_LE(std::chrono::abs(off), Millis(90)) << jump.count();
    EXPECT_EQ(off.count() > 0, jump.count() > 0) << "towards the wall clock";
  }
}

TEST(SteadyClock, TellsOfEachJumpAndOfTheWayBack) {
  Machine machine;
  SteadyClock clock(machine.Source());
  machine.wall += days(1);
  EXPECT_TRUE(clock.Observe().jumped);
  machine.Pass(seconds(1));
  EXPECT_FALSE(clock.Observe().jumped);
  machine.wall -= days(1);
  const auto back = clock.Observe();
  EXPECT_TRUE(back.jumped);
  EXPECT_EQ(back.ahead, Millis(0));
}

TEST(SteadyClock, MakesUpASmallDifferenceSlowlyAndThenStays) {
  Machine machine;
  SteadyClock clock(machine.Source());
  machine.wall += Millis(500);
  EXPECT_FALSE(clock.Observe().jumped);
  for (int i = 0; i < 2'500; ++i) {
    machine.Pass(seconds(1));
    clock.Observe();
  }
  EXPECT_NEAR(static_cast<double>((machine.wall - clock.Now()).count()), 250, 2);
  for (int i = 0; i < 3'000; ++i) {
    machine.Pass(seconds(1));
    clock.Observe();
  }
  EXPECT_EQ(clock.Now(), machine.wall);
}

TEST(SteadyClock, DoesNotSaveUpWhatItMayMove) {
  Machine machine;
  SteadyClock clock(machine.Source());
  for (int i = 0; i < 1'000; ++i) {
    machine.Pass(seconds(100));
    clock.Observe();
  }
  const Timestamp before = clock.Now();
  machine.wall += days(1);
  machine.Pass(seconds(100));
  clock.Observe();
  EXPECT_LE(clock.Now() - before - seconds(100), Millis(10));
}

TEST(SteadyClock, OfTheSystemRunsWithTheWallClock) {
  const SteadyClock clock;
  const Timestamp begin = clock.Now();
  EXPECT_LT(std::chrono::abs(SystemClock().Now() - begin), Millis(60'000));
  std::this_thread::sleep_for(Millis(20));
  EXPECT_GE(clock.Now() - begin, Millis(20));
}

}  // namespace
}  // namespace obolus::base
