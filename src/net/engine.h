// The threads that do input and output: one io_context a thread. Servers spread their connections
// over them. Also the process's `Scheduler`. Owned by main; every other room sees
// `base::Scheduler`.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.h"

namespace obolus::net {

class Engine final : public base::Scheduler {
 public:
  // `threads` >= 1 (CHECK). Threads start at once and wait for work.
  explicit Engine(std::size_t threads);
  ~Engine() override;  // Stop(), then joins
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void After(base::Millis delay, std::move_only_function<void()> task) override;

  // Ends all loops and joins the threads. Nothing runs any more; what is open closes with its
  // server. Any thread but an engine's own (CHECK). Twice is harmless.
  void Stop();

  struct Impl;  // for net/ only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::net
