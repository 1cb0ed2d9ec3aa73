#include "storage/sqlite_writer.h"

#include <new>
#include <utility>

#include "base/fault.h"
#include "base/log.h"

namespace obolus::storage {
namespace {

// A reader that holds an old snapshot keeps the log from being used again from its start. Past
// this many times the usual size, the writer waits for such readers.
constexpr std::int64_t kRestartFactor = 8;

base::Status Failed(const SqliteDatabase& database) {
  if (!database.HasFailed()) return {};
  return std::unexpected(database.Failure());
}

void LogFailure(std::string_view event, const base::Error& error, std::size_t jobs) {
  try {
    base::Log(base::LogLevel::kError, event,
              {{base::Field::kErrorText, error.message},
               {base::Field::kCount, static_cast<std::int64_t>(jobs)}});
  } catch (const std::bad_alloc&) {
    // The store goes on.
  }
}

}  // namespace

void SqliteWriter::Run(JobQueue& queue, std::size_t max_batch) {
  while (true) {
    std::vector<Job> batch = queue.Take(max_batch);
    if (batch.empty()) break;
    RunBatch(std::move(batch));
    CheckpointWhenDue();
  }
  if (auto emptied = database_.Checkpoint(CheckpointMode::kTruncate); !emptied) {
    LogFailure("store_checkpoint_failed", emptied.error(), 0);
  }
}

void SqliteWriter::RunBatch(std::vector<Job> batch) {
  base::Status committed;
  try {
    results_.assign(batch.size(), {});
    committed = CommitBatch(batch);
  } catch (const std::bad_alloc&) {
    committed = std::unexpected(OutOfMemory());
  }
  if (committed) {
    Notify(transaction_.TakeNotice());
  } else {
    LogFailure("store_commit_failed", committed.error(), batch.size());
    if (database_.InTransaction()) static_cast<void>(database_.Execute("ROLLBACK"));
    database_.ForgetFailure();
    transaction_.TakeNotice();
  }
  AnswerAll(std::move(batch), std::move(committed), std::exchange(results_, {}));
}

// What is committed is, whether there is memory to tell of it or not.
void SqliteWriter::Notify(const app::CommitNotice& notice) {
  try {
    if (listener_) listener_(notice);
  } catch (const std::bad_alloc&) {
    base::Log(base::LogLevel::kError, "out_of_memory");
  }
}

// An error: nothing of the batch is kept.
base::Status SqliteWriter::CommitBatch(std::vector<Job>& batch) {
  for (const Isolation isolation : {Isolation::kNone, Isolation::kSavepoints}) {
    if (auto begun = database_.Query("BEGIN IMMEDIATE").Run(); !begun) return begun;
    const base::Result<Outcome> outcome = RunBodies(batch, isolation);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == Outcome::kReady) break;
    if (auto undone = database_.Execute("ROLLBACK"); !undone) return undone;
    transaction_.TakeNotice();
  }
  base::Reach(base::FaultPoint::kBeforeCommit);
  base::Status committed = database_.Query("COMMIT").Run();
  if (committed) base::Reach(base::FaultPoint::kAfterCommit);
  return committed;
}

base::Result<SqliteWriter::Outcome> SqliteWriter::RunBodies(std::vector<Job>& batch,
                                                            Isolation isolation) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::int64_t written = database_.TotalChanges();
    results_[i] = isolation == Isolation::kSavepoints ? RunInSavepoint(batch[i])
                                                      : RunBody(batch[i], transaction_);
    base::Reach(base::FaultPoint::kBodyRan);
    if (auto failed = Failed(database_); !failed) {
      return std::unexpected(results_[i] ? std::move(failed.error()) : results_[i].error());
    }
    const bool wrote = database_.TotalChanges() != written;
    if (!results_[i] && wrote && isolation == Isolation::kNone) return Outcome::kFailedAfterWrite;
  }
  return Outcome::kReady;
}

base::Status SqliteWriter::RunInSavepoint(Job& job) {
  const auto mark = transaction_.MarkNotice();
  if (auto saved = database_.Query("SAVEPOINT body").Run(); !saved) return saved;
  base::Status result = RunBody(job, transaction_);
  if (!result) {
    if (auto undone = database_.Query("ROLLBACK TO body").Run(); !undone) return undone;
    transaction_.DropNoticeSince(mark);
  }
  if (auto released = database_.Query("RELEASE body").Run(); !released) return released;
  return result;
}

void SqliteWriter::CheckpointWhenDue() {
  const std::int64_t pages = database_.WalPages();
  if (pages < checkpoint_pages_) next_checkpoint_ = checkpoint_pages_;
  if (pages < next_checkpoint_) return;
  next_checkpoint_ = pages + checkpoint_pages_;
  const auto mode = pages >= kRestartFactor * checkpoint_pages_ ? CheckpointMode::kRestart
                                                                : CheckpointMode::kPassive;
  if (auto moved = database_.Checkpoint(mode); !moved) {
    LogFailure("store_checkpoint_failed", moved.error(), 0);
  }
}

}  // namespace obolus::storage
