// What other threads have for a thread of the engine: tasks in the order of their posting, and one
// wake-up for many. Each lane has one, and each thread of the engine one more, which is its
// `base::Loop`.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "base/loop.h"
#include "net/asio_types.h"

namespace obolus::net {

class Inbox final : public base::Loop, public std::enable_shared_from_this<Inbox> {
 public:
  explicit Inbox(asio::io_context& loop) : loop_(loop) {}

  bool Post(Task&& task) override;

  // Refuses what comes from now on and runs what is there, so that promises are kept. The loop's
  // thread, or any one thread once the engine has stopped.
  void Close();

 private:
  void Run();

  asio::io_context& loop_;  // not touched once closed
  std::mutex mutex_;
  bool open_ = true;         // under mutex_
  std::vector<Task> tasks_;  // under mutex_
};

}  // namespace obolus::net
