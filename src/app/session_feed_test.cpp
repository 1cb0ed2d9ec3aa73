#include "app/session_feed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace obolus::app {
namespace {

base::Uuid Id(std::uint8_t number) {
  base::Uuid id;
  id.bytes[15] = number;
  return id;
}

TEST(SessionFeed, TellsOnlyThoseWhoWaitForThatSession) {
  SessionFeed feed;
  int first = 0;
  int second = 0;
  const auto a = feed.Subscribe(Id(1), [&] { ++first; });
  const auto b = feed.Subscribe(Id(2), [&] { ++second; });
  feed.Publish(Id(1));
  feed.Publish(Id(1));
  feed.Publish(Id(3));
  EXPECT_EQ(first, 2);
  EXPECT_EQ(second, 0);
}

TEST(SessionFeed, TellsEveryoneWhoWaitsForASession) {
  SessionFeed feed;
  int heard = 0;
  const auto a = feed.Subscribe(Id(1), [&] { ++heard; });
  const auto b = feed.Subscribe(Id(1), [&] { ++heard; });
  feed.Publish(Id(1));
  EXPECT_EQ(heard, 2);
}

TEST(SessionFeed, IsSilentAfterTheSubscriptionEnded) {
  SessionFeed feed;
  int heard = 0;
  auto subscription = feed.Subscribe(Id(1), [&] { ++heard; });
  subscription.reset();
  feed.Publish(Id(1));
  EXPECT_EQ(heard, 0);
}

TEST(SessionFeed, CountsOpenSubscriptions) {
  SessionFeed feed;
  EXPECT_EQ(feed.size(), 0U);
  auto a = feed.Subscribe(Id(1), [] {});
  auto b = feed.Subscribe(Id(1), [] {});
  EXPECT_EQ(feed.size(), 2U);
  a.reset();
  EXPECT_EQ(feed.size(), 1U);
  b.reset();
  EXPECT_EQ(feed.size(), 0U);
}

TEST(SessionFeed, LetsAListenerSubscribeAndUnsubscribe) {
  SessionFeed feed;
  int heard = 0;
  std::unique_ptr<SessionFeed::Subscription> own;
  std::unique_ptr<SessionFeed::Subscription> other;
  own = feed.Subscribe(Id(1), [&] {
    ++heard;
    other = feed.Subscribe(Id(1), [&] { heard += 10; });
    own.reset();
  });
  feed.Publish(Id(1));
  EXPECT_EQ(heard, 1);
  feed.Publish(Id(1));
  EXPECT_EQ(heard, 11);
}

TEST(SessionFeed, DoesNotCallAListenerThatAnotherListenerEnded) {
  SessionFeed feed;
  int heard = 0;
  std::unique_ptr<SessionFeed::Subscription> second;
  const auto first = feed.Subscribe(Id(1), [&] { second.reset(); });
  second = feed.Subscribe(Id(1), [&] { ++heard; });
  feed.Publish(Id(1));
  EXPECT_EQ(heard, 0);
}

TEST(SessionFeed, ServesManyThreads) {
  SessionFeed feed;
  std::atomic<int> heard = 0;
  const auto steady = feed.Subscribe(Id(1), [&] { ++heard; });
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&feed] {
      for (int round = 0; round < 500; ++round) {
        const auto counter = std::make_shared<std::atomic<int>>(0);
        const auto passing = feed.Subscribe(Id(1), [counter] { ++*counter; });
        feed.Publish(Id(1));
        EXPECT_GE(*counter, 1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(heard, 2000);
  EXPECT_EQ(feed.size(), 1U);
}

}  // namespace
}  // namespace obolus::app
