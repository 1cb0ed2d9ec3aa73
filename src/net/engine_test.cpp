#include "net/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/loop.h"

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

// The loop of one of the engine's threads.
std::shared_ptr<base::Loop> LoopOf(Engine& engine) {
  std::promise<std::shared_ptr<base::Loop>> loop;
  engine.After(Millis(0), [&] { loop.set_value(base::Loop::Current()); });
  return loop.get_future().get();
}

TEST(Engine, IsALoopOnEachOfItsThreads) {
  Engine engine(2);
  const auto first = LoopOf(engine);
  const auto second = LoopOf(engine);
  ASSERT_NE(first, nullptr);
  EXPECT_NE(first, second);
  EXPECT_EQ(base::Loop::Current(), nullptr);
  std::promise<base::Loop*> ran_on;
  ASSERT_TRUE(first->Post([&] { ran_on.set_value(base::Loop::Current().get()); }));
  EXPECT_EQ(ran_on.get_future().get(), first.get());
}

TEST(Engine, RunsWhatWasPostedToALoopInOrderEvenWhenItStops) {
  std::vector<int> order;
  std::shared_ptr<base::Loop> loop;
  std::promise<void> busy;
  std::promise<void> go_on;
  const std::shared_future<void> told = go_on.get_future().share();
  {
    Engine engine(1);
    loop = LoopOf(engine);
    ASSERT_TRUE(loop->Post([&busy, told] {
      busy.set_value();
      told.wait();
    }));
    busy.get_future().wait();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(loop->Post([&order, i] { order.push_back(i); }));
    go_on.set_value();
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  bool called = false;
  base::Loop::Task late = [&] { called = true; };
  EXPECT_FALSE(loop->Post(std::move(late)));
  late();  // NOLINT(bugprone-use-after-move): a Post that is refused leaves it alone
  EXPECT_TRUE(called);
}

}  // namespace
}  // namespace obolus::net
