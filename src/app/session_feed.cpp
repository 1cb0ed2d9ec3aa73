#include "app/session_feed.h"

#include <vector>

namespace obolus::app {

std::unique_ptr<SessionFeed::Subscription> SessionFeed::Subscribe(const base::Uuid& session_id,
                                                                  Listener listener) {
  std::lock_guard lock(mutex_);
  const std::uint64_t number = ++next_;
  listeners_[session_id].emplace(number, std::make_shared<Listener>(std::move(listener)));
  ++size_;
  return std::make_unique<Subscription>(*this, session_id, number);
}

void SessionFeed::Publish(const base::Uuid& session_id) {
  // Called without the lock, so that a listener may subscribe or unsubscribe.
  std::vector<std::shared_ptr<Listener>> called;
  {
    std::lock_guard lock(mutex_);
    const auto found = listeners_.find(session_id);
    if (found == listeners_.end()) return;
    for (const auto& [number, listener] : found->second) called.push_back(listener);
  }
  for (const auto& listener : called) (*listener)();
}

std::size_t SessionFeed::size() const {
  std::lock_guard lock(mutex_);
  return size_;
}

void SessionFeed::Remove(const base::Uuid& session_id, std::uint64_t number) {
  std::lock_guard lock(mutex_);
  const auto found = listeners_.find(session_id);
  if (found == listeners_.end()) return;
  size_ -= found->second.erase(number);
  if (found->second.empty()) listeners_.erase(found);
}

}  // namespace obolus::app
