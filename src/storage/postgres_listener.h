// Hears on a PostgreSQL connection of its own what other processes committed, and hands it on as
// notices from elsewhere. Hints only: whoever waits looks again by itself, so what is missed while
// the connection is away costs time and nothing else. Owned by PostgresStore; has one thread.
#pragma once

#include <atomic>
#include <memory>
#include <thread>

#include "app/ports/store.h"
#include "storage/postgres_link.h"

namespace obolus::storage {

class PostgresListener {
 public:
  // `store`: who this process is, to pass over its own. `listener` outlives this.
  PostgresListener(std::unique_ptr<PostgresLink> link, const base::Uuid& store,
                   const app::Store::Listener* listener);
  ~PostgresListener();  // Stop()
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

  // Ends the thread; waits for a connection attempt under way.
  void Stop();

 private:
  void Run();
  bool Listen();
  void Pause(base::Millis limit) const;
  void Hear(const std::string& text) const;

  const std::unique_ptr<PostgresLink> link_;
  const base::Uuid store_;
  const app::Store::Listener& listener_;
  int wake_;  // an eventfd, readable once it shall end
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace obolus::storage
