#include "base/clock.h"

#include <gtest/gtest.h>

namespace obolus::base {
namespace {

TEST(Clock, FormatsUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime(FromMillis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatTime(FromMillis(1795378971123)), "2026-11-22T20:22:51.123Z");
}

TEST(Clock, ParsesWhatItFormats) {
  for (std::int64_t millis : {0LL, 951782400000LL, 1795378971123LL, 4102444799999LL}) {
    EXPECT_EQ(*ParseTime(FormatTime(FromMillis(millis))), FromMillis(millis));
  }
}

TEST(Clock, ParsesOffsetsAndFractions) {
  EXPECT_EQ(*ParseTime("2026-11-22T21:22:51+01:00"), *ParseTime("2026-11-22T20:22:51Z"));
  EXPECT_EQ(*ParseTime("2026-11-22T14:52:51.5-05:30"), *ParseTime("2026-11-22T20:22:51.500Z"));
  EXPECT_EQ(*ParseTime("2026-11-22T20:22:51.123456789Z"), FromMillis(1795378971123));
}

TEST(Clock, RefusesWhatIsNotRfc3339) {
  for (const char* text :
       {"", "2026-11-22", "2026-11-22T20:22:51", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T20:60:00Z", "2026-11-22T20:22:51.Z",
        "2026-11-22T20:22:51+1:00", "x026-11-22T20:22:51Z", "2026-11-22T20:22:51Z ",
        "2026-11-22T20:22:51.1234567890Z"}) {
    EXPECT_FALSE(ParseTime(text).has_value()) << text;
  }
}

TEST(Clock, SystemClockIsAfterThisWasWritten) {
  EXPECT_GT(SystemClock().Now(), *ParseTime("2026-01-01T00:00:00Z"));
}

}  // namespace
}  // namespace obolus::base
