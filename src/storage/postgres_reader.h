// Runs bodies that only read, many on one snapshot, on a PostgreSQL connection of its own. When
// the connection is lost or a statement fails, it connects again and runs each by itself. Owned by
// PostgresStore; each reader has a thread.
#pragma once

#include <span>
#include <vector>

#include "storage/job_queue.h"
#include "storage/postgres_link.h"

namespace obolus::storage {

class PostgresReader {
 public:
  // The link outlives the reader.
  PostgresReader(PostgresLink* link, base::Millis retry_for)
      : link_(*link), retry_for_(retry_for) {}

  void Run(JobQueue& queue);  // until the queue is closed and empty

 private:
  base::Status RunReads(std::span<Job> jobs, std::span<base::Status> results);

  PostgresLink& link_;
  const base::Millis retry_for_;
  PostgresLink::Deadline deadline_;
};

}  // namespace obolus::storage
