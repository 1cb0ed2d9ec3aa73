// The queue in front of a store thread: bounded, many producers, one or more consumers that take
// whole batches. Batches form by themselves while the consumer is busy with the one before (an
// fsync, mostly), so there is no delay to tune. Used by every store; Push from any thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "app/ports/store.h"
#include "base/loop.h"

namespace obolus::storage {

// One call of Store::Transact or Store::Read.
struct Job {
  app::Store::Body body;
  std::move_only_function<void(base::Status)> done;
  std::shared_ptr<base::Loop> home;  // where `done` runs; none: on the store's thread
};

// Runs the body and turns what it throws into kUnavailable (memory ran out) or kInternal.
base::Status RunBody(Job& job, app::Transaction& transaction);

// Calls each `done`, in order, with what became of the batch when that is an error, else with the
// job's own of `results`: all of one home in one task, and here those without a home, or whose home
// has ended, or where memory does not suffice to send them. A `done` that runs out of memory is
// over: its caller finds no answer, the thread goes on.
void AnswerAll(std::vector<Job> batch, base::Status committed, std::vector<base::Status> results);

// kUnavailable: memory ran out. Needs none itself.
base::Error OutOfMemory();

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
