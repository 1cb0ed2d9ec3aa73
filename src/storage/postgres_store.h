// The store on PostgreSQL, which many processes may share: a few writer threads with group commit
// (2xx after the server has made the commit durable), a few reader threads, and a listener for what
// other processes commit; each has a connection of its own, which comes back when it is lost. Made
// by main/; its methods may be called from any thread, and `done`s run on its threads, several at
// once.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/ports/store.h"
#include "storage/job_queue.h"
#include "storage/postgres_connection.h"
#include "storage/postgres_link.h"

namespace obolus::storage {

class PostgresListener;

struct PostgresOptions {
  PostgresTarget target;
  std::size_t writers = 4;         // connections that write, each with a thread
  std::size_t readers = 2;         // connections that read, each with a thread
  std::size_t max_batch = 128;     // bodies in one commit
  std::size_t max_queued = 16384;  // jobs that wait, for writes and for reads each
  // How long to try again, in all, before the caller hears that the database is not there.
  std::chrono::milliseconds retry_for{4'000};
  std::chrono::milliseconds health_timeout{2'000};
};

class PostgresStore final : public app::Store {
 public:
  // Brings the schema up to date. `ids` outlives the store. Errors, in order: kInvalid (the dsn
  // cannot be read; the server would lose commits: the message names the setting), kUnavailable
  // (cannot be reached), kConflict (its schema is newer than this program, or it is not ours).
  static base::Result<std::unique_ptr<PostgresStore>> Open(const PostgresOptions& options,
                                                           base::IdSource& ids);
  ~PostgresStore() override;

  void Transact(Body body, std::move_only_function<void(base::Status)> done) override;
  void Read(Body body, std::move_only_function<void(base::Status)> done) override;
  void OnCommit(Listener listener) override;
  // A real write, through the queue and to the server's disk. Waits at most `health_timeout`; not
  // for a store thread. kUnavailable, also when it takes longer; kRateLimited.
  base::Status CheckHealth() override;
  void Close() override;

 private:
  PostgresStore(const PostgresOptions& options, base::IdSource& ids,
                std::unique_ptr<PostgresConnection> connection);

  const PostgresOptions options_;
  const base::Uuid id_;
  const PostgresLink::Found found_;
  Listener listener_;
  JobQueue writes_;
  JobQueue reads_;
  std::mutex closing_;
  std::vector<std::unique_ptr<PostgresLink>> links_;
  std::vector<std::thread> readers_;
  std::vector<std::thread> writers_;
  std::unique_ptr<PostgresListener> hears_;
};

// Whether such a store could open, for `obolus check`: connects to the host that accepts writes,
// looks at the settings, and changes nothing. What it found, as one line. Errors: kInvalid,
// kUnavailable.
base::Result<std::string> CheckPostgres(const PostgresTarget& target);

}  // namespace obolus::storage
