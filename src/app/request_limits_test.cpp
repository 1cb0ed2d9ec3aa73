#include "app/request_limits.h"

#include <gtest/gtest.h>

namespace obolus::app {
namespace {

using std::chrono::seconds;

const base::Timestamp kNow = base::FromMillis(1'795'305'600'000);

TEST(RequestLimits, AClientThatAsksForTooMuchWaits) {
  int refused = 0;
  RequestLimits limits({.requests = {.burst = 3, .per_hour = 360}, .streams = 1},
                       [&] { ++refused; });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limits.Admit("203.0.113.1", kNow), std::nullopt);
  EXPECT_EQ(limits.Admit("203.0.113.1", kNow), seconds(10));
  EXPECT_EQ(limits.Admit("203.0.113.2", kNow), std::nullopt) << "another is another";
  EXPECT_EQ(limits.Admit("203.0.113.1", kNow + seconds(10)), std::nullopt);
  EXPECT_EQ(refused, 1);
}

TEST(RequestLimits, AStreamIsCountedUntilItEnds) {
  std::optional<RequestLimits> limits(
      RequestLimits({.requests = {.burst = 3, .per_hour = 360}, .streams = 2}, {}));
  auto first = limits->OpenStream("203.0.113.1");
  const auto second = limits->OpenStream("203.0.113.1");
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(limits->OpenStream("203.0.113.1"));
  EXPECT_TRUE(limits->OpenStream("203.0.113.2"));
  first.reset();
  first = limits->OpenStream("203.0.113.1");
  EXPECT_TRUE(first);
  limits.reset();  // streams may end later
}

TEST(RequestLimits, ZeroIsNoLimit) {
  RequestLimits limits({.requests = {}, .streams = 0}, {});
  std::vector<std::shared_ptr<void>> streams;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(limits.Admit("203.0.113.1", kNow), std::nullopt);
    streams.push_back(limits.OpenStream("203.0.113.1"));
    ASSERT_TRUE(streams.back());
  }
}

}  // namespace
}  // namespace obolus::app
