// A scheduler whose time is a ManualClock: tasks run when a test moves the clock past them, on the
// test's thread, earliest first. Any thread may add tasks.
#pragma once

#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "support/manual_clock.h"

namespace obolus::testing {

class ManualScheduler final : public base::Scheduler {
 public:
  explicit ManualScheduler(ManualClock& clock) : clock_(clock) {}

  void After(base::Millis delay, std::move_only_function<void()> task) override {
    const std::lock_guard lock(mutex_);
    delays_.push_back(delay);
    tasks_.emplace(clock_.Now() + delay, std::move(task));
  }

  // Moves the clock, then runs what is due by then. How many tasks ran.
  std::size_t Advance(base::Millis by) {
    clock_.Advance(by);
    std::size_t count = 0;
    while (auto task = TakeDue()) {
      task();
      ++count;
    }
    return count;
  }

  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
  }
  // Every delay that was asked for, in order.
  std::vector<base::Millis> delays() const {
    const std::lock_guard lock(mutex_);
    return delays_;
  }

 private:
  std::move_only_function<void()> TakeDue() {
    const std::lock_guard lock(mutex_);
    if (tasks_.empty() || tasks_.begin()->first > clock_.Now()) return nullptr;
    auto task = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    return task;
  }

  ManualClock& clock_;
  mutable std::mutex mutex_;
  std::multimap<base::Timestamp, std::move_only_function<void()>> tasks_;
  std::vector<base::Millis> delays_;
};

}  // namespace obolus::testing
