#include "main/clock_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/manual_scheduler.h"

namespace obolus::main {
namespace {

using ::testing::HasSubstr;

TEST(ClockWatch, ShowsHowFarTheWallClockIsAheadAndGoesOnLooking) {
  testing::ManualClock time;
  testing::ManualScheduler scheduler(time);
  base::Millis jump{0};
  base::SteadyClock clock({.wall = [&] { return time.Now() + jump; },
                           .elapsed = [&] { return base::Millis(base::ToMillis(time.Now())); }});
  base::Metrics metrics;
  ClockWatch watch(clock, scheduler, metrics);
  watch.Start();
  EXPECT_THAT(metrics.Expose(), HasSubstr("obolus_clock_ahead_seconds 0\n"));
  for (const auto [set_to, shown] :
       {std::pair(base::Millis(86'400'000), "obolus_clock_ahead_seconds 86400\n"),
        std::pair(base::Millis(-86'400'000), "obolus_clock_ahead_seconds -86400\n")}) {
    jump = set_to;
    scheduler.Advance(ClockWatch::kInterval);
    EXPECT_THAT(metrics.Expose(), HasSubstr(shown));
    EXPECT_EQ(scheduler.waiting(), 1U);
  }
}

}  // namespace
}  // namespace obolus::main
