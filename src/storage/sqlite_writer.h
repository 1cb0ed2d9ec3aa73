// Group commit: runs the bodies of one batch in one SQLite transaction, commits, tells the
// listener, then answers each. A body that fails without having written costs nothing; one that
// fails after it wrote makes the batch run again with each body in a savepoint, so that only its
// own writes go. Also decides when to checkpoint. Owned by SqliteStore; runs on its writer thread.
#pragma once

#include <cstdint>
#include <vector>

#include "app/ports/store.h"
#include "storage/job_queue.h"
#include "storage/sqlite_transaction.h"

namespace obolus::storage {

class SqliteWriter {
 public:
  // Both outlive the writer. `checkpoint_pages`: move the write-ahead log into the database when
  // it holds as many pages.
  SqliteWriter(SqliteDatabase* database, const app::Store::Listener* listener,
               std::int64_t checkpoint_pages)
      : database_(*database),
        listener_(*listener),
        transaction_(database),
        checkpoint_pages_(checkpoint_pages),
        next_checkpoint_(checkpoint_pages) {}

  // Until the queue is closed and empty; then empties the write-ahead log.
  void Run(JobQueue& queue, std::size_t max_batch);

 private:
  enum class Isolation { kNone, kSavepoints };
  enum class Outcome { kReady, kFailedAfterWrite };

  void RunBatch(std::vector<Job> batch);
  void Notify(const app::CommitNotice& notice);
  base::Status CommitBatch(std::vector<Job>& batch);
  base::Result<Outcome> RunBodies(std::vector<Job>& batch, Isolation isolation);
  base::Status RunInSavepoint(Job& job);
  void CheckpointWhenDue();

  SqliteDatabase& database_;
  const app::Store::Listener& listener_;
  SqliteTransaction transaction_;
  std::vector<base::Status> results_;  // of the bodies of this batch
  const std::int64_t checkpoint_pages_;
  std::int64_t next_checkpoint_;
};

}  // namespace obolus::storage
