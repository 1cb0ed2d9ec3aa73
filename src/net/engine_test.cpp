#include "net/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace obolus::net {
namespace {

using base::Millis;
using SteadyClock = std::chrono::steady_clock;

TEST(Engine, RunsATaskAfterItsDelayAndNotBefore) {
  Engine engine(1);
  const auto before = SteadyClock::now();
  std::promise<SteadyClock::time_point> ran;
  engine.After(Millis(50), [&] { ran.set_value(SteadyClock::now()); });
  EXPECT_GE(ran.get_future().get() - before, Millis(50));
}

TEST(Engine, RunsManyTasksFromManyThreadsOnceEach) {
  Engine engine(3);
  std::atomic<int> count{0};
  std::promise<void> all;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          engine.After(Millis(i % 3), [&] {
            if (++count == 2000) all.set_value();
          });
        }
      });
    }
  }
  EXPECT_EQ(all.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(count, 2000);
}

TEST(Engine, DropsWhatIsPendingAtItsEndAndFreesIt) {
  auto held = std::make_shared<std::atomic<bool>>(false);
  {
    Engine engine(2);
    for (int i = 0; i < 4; ++i) engine.After(Millis(60'000), [held] { *held = true; });
    engine.Stop();
    engine.Stop();
    engine.After(Millis(0), [held] { *held = true; });
  }
  EXPECT_FALSE(*held);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace obolus::net
