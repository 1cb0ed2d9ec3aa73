// The threads that do input and output: one io_context a thread. Servers spread their connections
// over them. Also the process's `Scheduler`, and each thread a `base::Loop`. Owned by main; every
// other room sees these two.
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

  // Ends the process when there is no memory for it: what goes on for ever must not just stop.
  void After(base::Millis delay, std::move_only_function<void()> task) noexcept override;

  // Ends all loops, joins the threads, and runs here what was posted to them as `base::Loop`s.
  // Nothing runs any more; what is open closes with its server. Any thread but an engine's own
  // (CHECK). Twice is harmless.
  void Stop();

  struct Impl;  // for net/ only
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::net
