#include "base/loop.h"

#include <gtest/gtest.h>

#include <thread>

namespace obolus::base {
namespace {

class NoLoop final : public Loop {
 public:
  bool Post(Task&& /*task*/) override { return false; }
};

TEST(Loop, IsCurrentOnItsOwnThreadAndOnlyThere) {
  const auto loop = std::make_shared<NoLoop>();
  std::shared_ptr<Loop> elsewhere = loop;
  {
    const LoopThread here(loop);
    EXPECT_EQ(Loop::Current(), loop);
    std::thread([&] { elsewhere = Loop::Current(); }).join();
  }
  EXPECT_EQ(elsewhere, nullptr);
  EXPECT_EQ(Loop::Current(), nullptr);
}

}  // namespace
}  // namespace obolus::base
