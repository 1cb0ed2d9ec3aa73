#include "main/outbox_watch.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/log.h"
#include "support/relay_stand.h"

namespace obolus::main {
namespace {

using base::Millis;

// The lines that say that the outbox is behind, of what `run` logs.
std::vector<std::string> LinesOf(const std::function<void()>& run) {
  base::FlushLog();
  ::testing::internal::CaptureStderr();
  run();
  base::FlushLog();
  const std::string text = ::testing::internal::GetCapturedStderr();
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string line = text.substr(at, end - at);
    if (line.contains("outbox_is_behind")) lines.push_back(line);
    at = end + 1;
  }
  return lines;
}

struct Stand : testing::RelayStand {
  Stand() : RelayStand([](const app::OutboxEvent&) { return app::Delivery{}; }) {
    watch.Start();
    Settle();
  }
  void Pass(Millis time) {
    for (; time.count() > 0; time -= OutboxWatch::kInterval) Advance(OutboxWatch::kInterval);
  }
  OutboxWatch watch{services, scheduler};
};

TEST(OutboxWatch, SaysWithinAMinuteThatEventsWaitAndHowMany) {
  Stand stand;
  stand.Add();
  stand.Add();
  EXPECT_TRUE(LinesOf([&] { stand.Pass(Millis(25'000)); }).empty());
  const auto lines = LinesOf([&] { stand.Pass(Millis(10'000)); });
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0].contains("\"level\":\"warn\"")) << lines[0];
  EXPECT_TRUE(lines[0].contains("\"count\":2,\"age_ms\":30000")) << lines[0];
}

TEST(OutboxWatch, SaysItOnceAMinuteAndNoMore) {
  Stand stand;
  stand.Add();
  stand.Pass(Millis(30'000));
  EXPECT_TRUE(LinesOf([&] { stand.Pass(Millis(55'000)); }).empty());
  EXPECT_EQ(LinesOf([&] { stand.Pass(Millis(60'000)); }).size(), 1U);
}

TEST(OutboxWatch, IsSilentWhileNothingWaits) {
  Stand stand;
  EXPECT_TRUE(LinesOf([&] { stand.Pass(Millis(120'000)); }).empty());
}

}  // namespace
}  // namespace obolus::main
