#include "storage/postgres_writer.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/fault.h"
#include "base/log.h"

namespace obolus::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr base::Millis kFirstPause{5};
constexpr base::Millis kLongestPause{200};
// At least this long to find out what became of a commit, however late it was lost.
constexpr base::Millis kToResolve{2'000};
// How often a body runs again because what it had read was out of date when it wrote. A second run
// sees what stood in the way; more of them means that the body runs into it by itself.
constexpr int kStaleRuns = 3;

}  // namespace

void PostgresWriter::Run(JobQueue& queue) {
  while (true) {
    std::vector<Job> batch = queue.Take(options_.max_batch);
    if (batch.empty()) return;
    RunBatch(std::move(batch));
  }
}

void PostgresWriter::RunBatch(std::vector<Job> batch) {
  results_.assign(batch.size(), {});
  deadline_ = Clock::now() + options_.retry_for;
  RunPart(batch, results_);
  AnswerAll(std::move(batch), {}, std::exchange(results_, {}));
}

void PostgresWriter::RunPart(std::span<Job> jobs, std::span<base::Status> results) {
  PostgresMode mode = PostgresMode::kQueued;
  base::Millis pause = kFirstPause;
  while (true) {
    const auto connection = link_.Get(deadline_);
    if (!connection) return Answer(results, connection.error());
    Outcome outcome = Attempt(**connection, jobs, results, mode);
    if (outcome == Outcome::kUnknown) {
      const auto kept = WasKept(operation_);
      if (!kept) return Answer(results, kept.error());
      outcome = *kept ? Outcome::kDone : Outcome::kLost;
    }
    if (outcome == Outcome::kDone) return Tell();
    if (outcome != Outcome::kLost && jobs.size() > 1) {
      const std::size_t half = jobs.size() / 2;
      RunPart(jobs.first(half), results.first(half));
      return RunPart(jobs.subspan(half), results.subspan(half));
    }
    const bool awaited = mode == PostgresMode::kAwaited;
    if (outcome == Outcome::kRefused || (outcome == Outcome::kDivide && awaited)) {
      return Answer(results, failure_);
    }
    if (outcome == Outcome::kDivide) {
      mode = PostgresMode::kAwaited;
      continue;
    }
    if (Clock::now() + pause >= deadline_) return Answer(results, failure_);
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

PostgresWriter::Outcome PostgresWriter::Attempt(PostgresConnection& connection, std::span<Job> jobs,
                                                std::span<base::Status> results,
                                                PostgresMode mode) {
  PostgresTransaction transaction(&connection, &purge_walk_);
  int runs = 0;
  notice_.reset();
  transaction.Begin(mode);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::size_t written = transaction.writes();
    results[i] = RunBody(jobs[i], transaction);
    base::Reach(base::FaultPoint::kBodyRan);
    if (connection.fault() != PostgresFault::kNone) return RollBack(connection, Outcome::kAgain);
    if (mode == PostgresMode::kAwaited && transaction.read_is_stale() && ++runs < kStaleRuns) {
      if (const Outcome after = RollBack(connection, Outcome::kDone); after != Outcome::kDone) {
        return after;
      }
      transaction.Begin(mode);
      --i;
      continue;
    }
    if (results[i] || transaction.writes() == written) continue;
    return RollBack(connection, jobs.size() > 1 ? Outcome::kDivide : Outcome::kDone);
  }
  if (transaction.writes() == 0) return RollBack(connection, Outcome::kDone);
  return Commit(connection, transaction);
}

PostgresWriter::Outcome PostgresWriter::Commit(PostgresConnection& connection,
                                               PostgresTransaction& transaction) {
  operation_ = ids_.NewUuid();
  transaction.QueueOperation(operation_);
  transaction.QueueNotice(options_.store);
  base::Reach(base::FaultPoint::kBeforeCommit);
  connection.Call("COMMIT").Queue();
  const base::Status committed = connection.Sync();
  // A warning at a commit: it is on this host, and nobody waits for the standby any more.
  if (committed && connection.ended_in_commit() && !connection.warned()) {
    base::Reach(base::FaultPoint::kAfterCommit);
    notice_ = transaction.notice();
    return Outcome::kDone;
  }
  if (committed || connection.fault() == PostgresFault::kLost) {
    failure_ = committed ? Unavailable("PostgreSQL did not confirm a commit") : committed.error();
    notice_ = transaction.notice();
    link_.Drop();
    return Outcome::kUnknown;
  }
  return RollBack(connection, Outcome::kAgain);
}

// What `after` says, unless the server or the network said something else.
PostgresWriter::Outcome PostgresWriter::RollBack(PostgresConnection& connection, Outcome after) {
  if (connection.fault() == PostgresFault::kNone) connection.Call("ROLLBACK").Queue();
  const base::Status ended = connection.Sync();
  if (ended) return after;
  failure_ = ended.error();
  switch (connection.fault()) {
    case PostgresFault::kConflict:
      return Outcome::kDivide;
    case PostgresFault::kTransient:
      return Outcome::kAgain;
    case PostgresFault::kLost:
      link_.Drop();
      return Outcome::kLost;
    default:
      return Outcome::kRefused;
  }
}

// Puts a row in place of the commit's own, unless that is there: then it was kept, else it cannot
// come any more. Our own commit comes after that one, so that what it waits for (a standby) holds
// for both. Waits for a commit that is still under way.
base::Result<bool> PostgresWriter::WasKept(const base::Uuid& operation) {
  base::Error error = failure_;
  deadline_ = std::max(deadline_, Clock::now() + kToResolve);
  for (base::Millis pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    const auto opened = link_.Get(deadline_);
    if (!opened) {
      error = opened.error();
      break;
    }
    PostgresConnection& connection = **opened;
    PostgresTransaction(&connection).Begin(PostgresMode::kQueued);
    connection
        .Call("INSERT INTO operations (id, kept) VALUES ($1, false) ON CONFLICT (id) DO NOTHING")
        .Bind(operation)
        .Queue();
    const auto row =
        connection.Call("SELECT kept FROM operations WHERE id = $1").Bind(operation).Fetch();
    connection.Call("INSERT INTO operations (id, kept) VALUES ($1, false)")
        .Bind(ids_.NewUuid())
        .Queue();
    connection.Call("COMMIT").Queue();
    const base::Status settled = connection.Sync();
    if (settled && row && connection.ended_in_commit() && !connection.warned()) {
      const bool kept = row->size() == 1 && row->Boolean(0, 0);
      base::Log(base::LogLevel::kWarn, "store_commit_resolved",
                {{base::Field::kOutcome, kept ? "kept" : "not_kept"}});
      return kept;
    }
    if (!settled) error = settled.error();
    if (settled) link_.Drop();
    if (Clock::now() + pause >= deadline_) break;
    std::this_thread::sleep_for(pause);
  }
  base::Log(base::LogLevel::kError, "store_commit_unknown",
            {{base::Field::kErrorText, error.message}});
  return std::unexpected(std::move(error));
}

void PostgresWriter::Tell() {
  if (notice_ && listener_) listener_(*notice_);
}

void PostgresWriter::Answer(std::span<base::Status> results, const base::Error& error) {
  base::Log(base::LogLevel::kError, "store_commit_failed",
            {{base::Field::kErrorText, error.message},
             {base::Field::kCount, static_cast<std::int64_t>(results.size())}});
  // Hosts and settings are for the log.
  for (base::Status& result : results) {
    result = std::unexpected(Unavailable("the database is not available"));
  }
}

}  // namespace obolus::storage
