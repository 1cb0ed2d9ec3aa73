// Commerce's end of the way for events: records what arrives and answers as the test says, at once
// or when it is told to. Any thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "app/ports/event_bridge.h"

namespace obolus::testing {

inline app::Delivery Accepted() {
  return {app::Delivery::Outcome::kAccepted, std::nullopt, ""};
}
inline app::Delivery Failed() {
  return {app::Delivery::Outcome::kRetry, std::nullopt, "the bridge answered 500"};
}
inline app::Delivery Gone() {
  return {app::Delivery::Outcome::kRefused, std::nullopt, "the bridge answered 410"};
}

class FakeBridge final : public app::EventBridge {
 public:
  // What to answer at once; nothing: hold it until Answer.
  using Reply = std::function<std::optional<app::Delivery>(const app::OutboxEvent&)>;

  explicit FakeBridge(Reply reply = [](const app::OutboxEvent&) { return Accepted(); })
      : reply_(std::move(reply)) {}

  void Deliver(const app::OutboxEvent& event,
               std::move_only_function<void(app::Delivery)> done) override {
    std::optional<app::Delivery> delivery;
    {
      const std::lock_guard lock(mutex_);
      arrived_.push_back(event);
      most_at_once_ = std::max(most_at_once_, held_.size() + 1);
      delivery = reply_(event);
      if (!delivery) held_.push_back(std::move(done));
      changed_.notify_all();
    }
    if (delivery) done(std::move(*delivery));
  }

  // Answers the delivery that was held longest; false when none comes in time.
  bool Answer(app::Delivery delivery) {
    std::move_only_function<void(app::Delivery)> done;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !held_.empty(); })) {
        return false;
      }
      done = std::move(held_.front());
      held_.erase(held_.begin());
    }
    done(std::move(delivery));
    return true;
  }

  // Waits until so many deliveries have arrived in all.
  bool WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10),
                             [&] { return arrived_.size() >= count; });
  }

  std::vector<app::OutboxEvent> arrived() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }
  std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

 private:
  const Reply reply_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<app::OutboxEvent> arrived_;
  std::vector<std::move_only_function<void(app::Delivery)>> held_;
  std::size_t most_at_once_ = 0;
};

}  // namespace obolus::testing
