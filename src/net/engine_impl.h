// What the rest of net/ sees of the engine: its loops and a way to run something on all of them.
// Kept out of engine.h, so that no other room sees Asio.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "net/asio_types.h"
#include "net/engine.h"
#include "net/inbox.h"

namespace obolus::net {

struct Engine::Impl {
  struct Loop {
    asio::io_context context{1};  // one thread runs it
    std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>(context);
    std::thread thread;
  };

  explicit Impl(std::size_t threads);

  Loop& Next() { return *loops[next.fetch_add(1, std::memory_order_relaxed) % loops.size()]; }

  // True on one of the engine's threads.
  bool OnEngineThread() const;

  // Runs `task(i)` on the thread of every loop i and waits until all are done; when the engine has
  // stopped, runs them here. Not on an engine thread (CHECK).
  void RunOnAll(const std::function<void(std::size_t)>& task);

  void Stop();

  std::vector<std::unique_ptr<Loop>> loops;
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false};
  std::mutex stop_mutex;
};

}  // namespace obolus::net
