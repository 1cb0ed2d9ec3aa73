#include "storage/job_queue.h"

#include <algorithm>
#include <chrono>
#include <exception>

namespace obolus::storage {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

base::Status RunBody(Job& job, app::Transaction& transaction) {
  try {
    return job.body(transaction);
  } catch (const std::exception& e) {
    return base::Fail(base::ErrorCode::kInternal, e.what());
  }
}

base::Error Unavailable(std::string message) {
  return {base::ErrorCode::kUnavailable, std::move(message), {}, kRetryAfter};
}

void JobQueue::Push(Job job) {
  base::Error refusal;
  {
    const std::lock_guard lock(mutex_);
    if (!closed_ && jobs_.size() < limit_) {
      jobs_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
    refusal = closed_ ? Unavailable("the store is closed")
                      : base::Error{base::ErrorCode::kRateLimited,
                                    "the store has too much work waiting",
                                    {},
                                    kRetryAfter};
  }
  job.done(std::unexpected(std::move(refusal)));
}

std::vector<Job> JobQueue::Take(std::size_t max) {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(std::min(max, jobs_.size()));
  std::vector<Job> batch(std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end));
  jobs_.erase(jobs_.begin(), end);
  return batch;
}

void JobQueue::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
}

}  // namespace obolus::storage
