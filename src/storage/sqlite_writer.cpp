#include "storage/sqlite_writer.h"

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

}  // namespace

void SqliteWriter::Run(JobQueue& queue, std::size_t max_batch) {
  while (true) {
    std::vector<Job> batch = queue.Take(max_batch);
    if (batch.empty()) break;
    RunBatch(batch);
    CheckpointWhenDue();
  }
  if (auto emptied = database_.Checkpoint(CheckpointMode::kTruncate); !emptied) {
    base::Log(base::LogLevel::kWarn, "store_checkpoint_failed",
              {{base::Field::kErrorText, emptied.error().message}});
  }
}

void SqliteWriter::RunBatch(std::vector<Job>& batch) {
  results_.assign(batch.size(), {});
  const base::Status committed = CommitBatch(batch);
  if (committed) {
    const app::CommitNotice notice = transaction_.TakeNotice();
    if (listener_) listener_(notice);
  } else {
    base::Log(base::LogLevel::kError, "store_commit_failed",
              {{base::Field::kErrorText, committed.error().message},
               {base::Field::kCount, static_cast<std::int64_t>(batch.size())}});
    if (database_.InTransaction()) static_cast<void>(database_.Execute("ROLLBACK"));
    database_.ForgetFailure();
    transaction_.TakeNotice();
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].done(committed ? results_[i] : committed);
  }
}

// An error: nothing of the batch is kept.
base::Status SqliteWriter::CommitBatch(std::vector<Job>& batch) {
  for (const Isolation isolation : {Isolation::kNone, Isolation::kSavepoints}) {
    if (auto begun = database_.Execute("BEGIN IMMEDIATE"); !begun) return begun;
    const base::Result<Outcome> outcome = RunBodies(batch, isolation);
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == Outcome::kReady) break;
    if (auto undone = database_.Execute("ROLLBACK"); !undone) return undone;
    transaction_.TakeNotice();
  }
  return database_.Execute("COMMIT");
}

base::Result<SqliteWriter::Outcome> SqliteWriter::RunBodies(std::vector<Job>& batch,
                                                            Isolation isolation) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::int64_t written = database_.TotalChanges();
    results_[i] = isolation == Isolation::kSavepoints ? RunInSavepoint(batch[i])
                                                      : RunBody(batch[i], transaction_);
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
    base::Log(base::LogLevel::kWarn, "store_checkpoint_failed",
              {{base::Field::kErrorText, moved.error().message}});
  }
}

}  // namespace obolus::storage
