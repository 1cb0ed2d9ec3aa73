// The queue in front of a store thread: bounded, many producers, one or more consumers that take
// whole batches. Batches form by themselves while the consumer is busy with the one before (an
// fsync, mostly), so there is no delay to tune. Used by every store; Push from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "app/ports/store.h"

namespace obolus::storage {

// One call of Store::Transact or Store::Read.
struct Job {
  app::Store::Body body;
  std::move_only_function<void(base::Status)> done;
};

// Runs the body and turns what it throws (memory ran out) into kInternal.
base::Status RunBody(Job& job, app::Transaction& transaction);

// kUnavailable, to be tried again after a second.
base::Error Unavailable(std::string message);

class JobQueue {
 public:
  explicit JobQueue(std::size_t limit) : limit_(limit) {}

  // A job that is refused is answered here, on the caller's thread. Errors, in order: kUnavailable
  // (closed), kRateLimited (`limit` jobs wait already).
  void Push(Job job);

  // Waits for work and takes up to `max` jobs, oldest first. Empty: closed, and nothing is left.
  std::vector<Job> Take(std::size_t max);

  // Jobs that wait are still handed out; new ones are refused. May be called again.
  void Close();

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool closed_ = false;
};

}  // namespace obolus::storage
