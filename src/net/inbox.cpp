#include "net/inbox.h"

#include <boost/asio/post.hpp>
#include <new>

#include "base/log.h"

namespace obolus::net {

bool Inbox::Post(Task&& task) {
  const std::lock_guard lock(mutex_);
  if (!open_) return false;
  tasks_.push_back(std::move(task));
  if (tasks_.size() > 1) return true;
  try {
    asio::post(loop_, [self = shared_from_this()] { self->Run(); });
  } catch (const std::bad_alloc&) {
    tasks_.clear();  // it would wait in vain
    throw;
  }
  return true;
}

void Inbox::Close() {
  {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  Run();
}

void Inbox::Run() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) {
    try {
      task();
    } catch (const std::bad_alloc&) {
      base::Log(base::LogLevel::kError, "out_of_memory");
    }
  }
}

}  // namespace obolus::net
