#include "app/session_feed.h"

#include <vector>

namespace obolus::app {

std::unique_ptr<SessionFeed::Subscription> SessionFeed::Subscribe(const base::Uuid& session_id,
                                                                  Listener listener) {
  auto slot = std::make_shared<Slot>();
  slot->listener = std::move(listener);
  std::lock_guard lock(mutex_);
  const std::uint64_t number = ++next_;
  listeners_[session_id].emplace(number, std::move(slot));
  ++size_;
  return std::make_unique<Subscription>(*this, session_id, number);
}

void SessionFeed::Publish(const base::Uuid& session_id) {
  // Called without the lock, so that a listener may subscribe or unsubscribe.
  std::vector<std::shared_ptr<Slot>> called;
  {
    std::lock_guard lock(mutex_);
    const auto found = listeners_.find(session_id);
    if (found == listeners_.end()) return;
    for (const auto& [number, slot] : found->second) called.push_back(slot);
  }
  for (const auto& slot : called) {
    std::lock_guard lock(slot->mutex);
    if (slot->open) slot->listener();
  }
}

std::size_t SessionFeed::size() const {
  std::lock_guard lock(mutex_);
  return size_;
}

void SessionFeed::Remove(const base::Uuid& session_id, std::uint64_t number) {
  std::shared_ptr<Slot> slot;
  {
    std::lock_guard lock(mutex_);
    const auto found = listeners_.find(session_id);
    if (found == listeners_.end()) return;
    const auto entry = found->second.find(number);
    if (entry == found->second.end()) return;
    slot = std::move(entry->second);
    found->second.erase(entry);
    --size_;
    if (found->second.empty()) listeners_.erase(found);
  }
  std::lock_guard lock(slot->mutex);
  slot->open = false;
}

}  // namespace obolus::app
