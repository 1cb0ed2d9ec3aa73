// One PostgreSQL connection that comes back: connects again when it was lost, with growing pauses,
// and fails at once while the database has been away for longer than anybody should wait, unless
// another link of the same store has found it since. Owned by a thread of PostgresStore and used by
// it alone.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "storage/postgres_connection.h"

namespace obolus::storage {

class PostgresLink {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  // When a link of one store connected last; shared by them all.
  using Found = std::shared_ptr<std::atomic<Deadline>>;

  PostgresLink(PostgresTarget target, Found found,
               std::unique_ptr<PostgresConnection> connection = nullptr)
      : target_(std::move(target)), found_(std::move(found)), connection_(std::move(connection)) {}

  // The connection, made anew when it is lost; tries until `deadline`, and at least once unless it
  // was in vain a moment ago. Errors: those of PostgresConnection::Open.
  base::Result<PostgresConnection*> Get(Deadline deadline);
  void Drop() { connection_.reset(); }

 private:
  const PostgresTarget target_;
  const Found found_;
  std::unique_ptr<PostgresConnection> connection_;
  bool away_ = false;  // the last call found nobody until its deadline
  base::Error last_error_;
  std::chrono::steady_clock::time_point last_try_;
};

}  // namespace obolus::storage
