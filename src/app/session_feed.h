// Who waits for which session: pages with an open event stream hear here that their session has
// changed. Fed by the store after each commit; in memory, so that a lost notice costs a waiting
// page one polling interval and nothing else. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/id.h"

namespace obolus::app {

class SessionFeed {
 public:
  using Listener = std::function<void()>;

  // Ends with its destruction, after which the listener is not called again; so this waits for a
  // call that is under way on another thread.
  class Subscription {
   public:
    Subscription(SessionFeed& feed, base::Uuid session_id, std::uint64_t number)
        : feed_(feed), session_id_(session_id), number_(number) {}
    ~Subscription() { feed_.Remove(session_id_, number_); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

   private:
    SessionFeed& feed_;
    base::Uuid session_id_;
    std::uint64_t number_;
  };

  // `listener` is called on the thread that publishes and must not block or throw.
  std::unique_ptr<Subscription> Subscribe(const base::Uuid& session_id, Listener listener);

  void Publish(const base::Uuid& session_id);

  std::size_t size() const;  // open subscriptions

 private:
  struct Slot {
    std::recursive_mutex mutex;  // held during a call; a listener may end its own subscription
    Listener listener;
    bool open = true;
  };

  void Remove(const base::Uuid& session_id, std::uint64_t number);

  mutable std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::size_t size_ = 0;
  std::unordered_map<base::Uuid, std::map<std::uint64_t, std::shared_ptr<Slot>>> listeners_;
};

}  // namespace obolus::app
