// A thread that runs what it is handed, one after the other, as seen by those who have something
// for it. Whoever answers a question later on a thread of its own (a store) asks for `Current()`
// when the question comes and posts the answer there, so that a request is worked on by one thread
// from its first byte to its last. Implemented by net/engine.
#pragma once

#include <functional>
#include <memory>

namespace obolus::base {

class Loop {
 public:
  using Task = std::move_only_function<void()>;

  virtual ~Loop() = default;

  // Runs `task` on the loop's thread, soon and in order, never inside this call. False, with the
  // task left alone: the loop has ended. Any thread.
  virtual bool Post(Task&& task) = 0;

  // The loop whose thread this is; nullptr on every other thread.
  static const std::shared_ptr<Loop>& Current();
};

// Makes this thread the thread of `loop`, for as long as it lives.
class LoopThread {
 public:
  explicit LoopThread(std::shared_ptr<Loop> loop);
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
};

}  // namespace obolus::base
