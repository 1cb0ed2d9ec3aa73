// One immutable value that many threads read and that is now and then replaced as a whole: who has
// read it keeps what was read until done with it. Reading copies a shared_ptr under a mutex that is
// held for just that (libstdc++ 12's atomic<shared_ptr> does the same with a spin lock of its own).
// For what changes while the service runs: keys. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace obolus::base {

template <class T>
class Snapshot {
 public:
  explicit Snapshot(T value) : value_(std::make_shared<const T>(std::move(value))) {}

  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  // The old value goes with its last reader, outside of the lock.
  void Set(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace obolus::base
