#include "storage/job_queue.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "base/log.h"

namespace obolus::storage {
namespace {

constexpr std::chrono::seconds kRetryAfter{1};
constexpr std::chrono::milliseconds kPauseWithoutMemory{10};

base::Status CopyOf(const base::Status& status) {
  try {
    return status;
  } catch (const std::bad_alloc&) {
    return std::unexpected(OutOfMemory());
  }
}

// A batch on its way home. Each thread touches the jobs of its own home only.
struct Answers {
  std::vector<Job> jobs;
  base::Status committed;
  std::vector<base::Status> results;

  void Run(std::size_t i) {
    try {
      jobs[i].done(committed ? std::move(results[i]) : CopyOf(committed));
    } catch (const std::bad_alloc&) {
      base::Log(base::LogLevel::kError, "out_of_memory");
    }
  }
  void RunAllOf(const base::Loop* home) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (jobs[i].home.get() == home) Run(i);
    }
  }
};

// False: there is no home, or it has ended, or memory does not suffice.
bool Send(const std::shared_ptr<Answers>& answers, base::Loop* home) {
  try {
    return home != nullptr && home->Post([answers, home] { answers->RunAllOf(home); });
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace

base::Status RunBody(Job& job, app::Transaction& transaction) {
  try {
    return job.body(transaction);
  } catch (const std::bad_alloc&) {
    return std::unexpected(OutOfMemory());
  } catch (const std::exception& e) {
    return base::Fail(base::ErrorCode::kInternal, e.what());
  }
}

void AnswerAll(std::vector<Job> batch, base::Status committed, std::vector<base::Status> results) {
  Answers here{std::move(batch), std::move(committed), std::move(results)};
  std::shared_ptr<Answers> shared;
  try {
    shared = std::make_shared<Answers>(std::move(here));
  } catch (const std::bad_alloc&) {
    for (std::size_t i = 0; i < here.jobs.size(); ++i) here.Run(i);
    return;
  }
  // The array lasts for as many homes as there are threads in an engine; who is beyond comes here.
  std::array<const base::Loop*, 64> served{};
  std::size_t homes = 0;
  for (std::size_t i = 0; i < shared->jobs.size(); ++i) {
    const std::shared_ptr<base::Loop>& home = shared->jobs[i].home;
    if (std::ranges::find(served.begin(), served.begin() + homes, home.get()) !=
        served.begin() + homes)
      continue;
    if (homes == served.size()) {
      shared->Run(i);
      continue;
    }
    served[homes++] = home.get();
    if (!Send(shared, home.get())) shared->RunAllOf(home.get());
  }
}

base::Error OutOfMemory() {
  return Unavailable("out of memory");  // short enough for std::string to hold in place
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
  std::vector<Job> batch;
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
  while (true) {
    try {
      batch.reserve(std::min(max, jobs_.size()));
      break;
    } catch (const std::bad_alloc&) {
      max = std::max<std::size_t>(1, max / 2);
      lock.unlock();
      std::this_thread::sleep_for(kPauseWithoutMemory);
      lock.lock();
    }
  }
  const auto end = jobs_.begin() + static_cast<std::ptrdiff_t>(std::min(max, jobs_.size()));
  batch.assign(std::make_move_iterator(jobs_.begin()), std::make_move_iterator(end));
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
