// Group commit on PostgreSQL: runs the bodies of one batch in one pipelined transaction whose
// writes nobody waits for, sends the commit in the same flight, tells the listener, then answers
// each. A batch in which a write did not do what its body was told, or a body failed after it
// wrote, is rolled back as a whole and run again in halves, down to single bodies, whose writes
// are awaited one by one; so a conflict costs only its own body. Knows after a lost connection
// whether a commit was kept, by a row of its own in `operations`. Owned by PostgresStore; each
// writer has a thread and a connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "app/ports/store.h"
#include "storage/job_queue.h"
#include "storage/postgres_link.h"
#include "storage/postgres_transaction.h"

namespace obolus::storage {

struct PostgresWriterOptions {
  base::Uuid store;  // who tells the other processes
  std::size_t max_batch = 0;
  base::Millis retry_for{0};  // in all, for one batch
};

class PostgresWriter {
 public:
  // All outlive the writer.
  PostgresWriter(PostgresLink* link, base::IdSource* ids, const app::Store::Listener* listener,
                 const PostgresWriterOptions& options)
      : link_(*link), ids_(*ids), listener_(*listener), options_(options) {}

  void Run(JobQueue& queue);  // until the queue is closed and empty

 private:
  enum class Outcome {
    kDone,     // committed, or nothing to commit; each body's own result stands
    kDivide,   // rolled back; a smaller part may do better
    kAgain,    // rolled back; the same may do better a moment later
    kRefused,  // rolled back, and so it will be again
    kLost,     // the connection is lost before the commit was sent: nothing is kept
    kUnknown,  // lost after that
  };

  void RunBatch(std::vector<Job> batch);
  void RunPart(std::span<Job> jobs, std::span<base::Status> results);
  Outcome Attempt(PostgresConnection& connection, std::span<Job> jobs,
                  std::span<base::Status> results, PostgresMode mode);
  Outcome Commit(PostgresConnection& connection, PostgresTransaction& transaction);
  Outcome RollBack(PostgresConnection& connection, Outcome after);
  base::Result<bool> WasKept(const base::Uuid& operation);
  void Tell();
  void Answer(std::span<base::Status> results, const base::Error& error);

  PostgresLink& link_;
  base::IdSource& ids_;
  const app::Store::Listener& listener_;
  const PostgresWriterOptions options_;
  PostgresLink::Deadline deadline_;
  std::vector<base::Status> results_;        // of the bodies of this batch
  base::Uuid operation_;                     // of the attempt under way
  std::optional<app::CommitNotice> notice_;  // of the attempt under way, once it commits
  PurgeWalk purge_walk_;
  base::Error failure_;  // of the last attempt that failed
};

}  // namespace obolus::storage
