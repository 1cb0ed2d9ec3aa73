#include "simulation/sim_store.h"

#include "base/fault.h"

namespace obolus::simulation {
namespace {

using base::ErrorCode;
using base::Status;

Status Unavailable(const char* why) {
  return base::Fail(ErrorCode::kUnavailable, why);
}

}  // namespace

void SimStore::Transact(Body body, std::move_only_function<void(Status)> done) {
  if (closed_) return done(Unavailable("closed"));
  if (stage_.Strikes(FaultKind::kStoreFull)) {
    return done(base::Fail(ErrorCode::kRateLimited, "too much work waits"));
  }
  queue_.push_back({std::move(body), std::move(done)});
  if (!scheduled_) Schedule();
}

void SimStore::Schedule() {
  scheduled_ = true;
  Millis delay = stage_.Delay(0, stage_.plan.store_delay.count());
  if (stage_.Strikes(FaultKind::kStoreSlow)) delay = stage_.Delay(100, 8'000);
  stage_.After(delay, owner_, [this] { RunBatch(); });
}

void SimStore::Read(Body body, std::move_only_function<void(Status)> done) {
  auto job = std::make_shared<Job>(std::move(body), std::move(done));
  stage_.After(stage_.Delay(0, 5), owner_, [this, job] {
    app::CommitNotice notice;
    SimTransaction transaction(stage_, &notice);
    transaction.ForbidWrites();
    Status result = job->body(transaction);
    if (transaction.failed() && result) {
      throw Violation{"a failed read is an error", "a body that only reads went on"};
    }
    job->done(std::move(result));
  });
}

void SimStore::Undo(Batch& batch) {
  while (!batch.open.empty()) {
    batch.open.back().Undo();
    batch.open.pop_back();
  }
}

Status SimStore::RunBodies(Batch& batch) {
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    SimTransaction& transaction = batch.open.emplace_back(stage_, &batch.notice);
    batch.results[i] = batch.jobs[i].body(transaction);
    base::Reach(base::FaultPoint::kBodyRan);
    if (transaction.failed()) {
      if (batch.results[i]) {
        throw Violation{"a failed call is an error", "a body went on after a failed call"};
      }
      Undo(batch);
      return Unavailable("the disk failed");
    }
    if (!batch.results[i]) transaction.Undo();
  }
  return {};
}

void SimStore::CrashInCommit(Batch& batch) {
  std::vector<SimTransaction::WriteAgain> writes;
  for (const auto& transaction : batch.open) {
    writes.insert(writes.end(), transaction.writes().begin(), transaction.writes().end());
  }
  const bool kept = stage_.random.Chance(500);
  stage_.history.Note("store", kept ? "kept the batch" : "lost the batch");
  if (kept) {
    for (const auto& transaction : batch.open) stage_.auditor.Stepped(transaction.saved());
  } else {
    Undo(batch);
  }
  if (stage_.mutant == Mutant::kTornBatch && !kept && !writes.empty()) {
    storage::MemoryTransaction part(&stage_.tables, &batch.notice);
    writes.resize(static_cast<std::size_t>(stage_.random.Below(writes.size())));
    for (const auto& write : writes) write(part);
  }
  throw SimCrash{};
}

// An error: nothing is kept, or nobody can say whether it is.
Status SimStore::Commit(Batch& batch) {
  try {
    auto ran = RunBodies(batch);
    if (ran && stage_.Strikes(FaultKind::kBodiesRunAgain)) {
      Undo(batch);
      ran = RunBodies(batch);
    }
    if (!ran) return ran;
    base::Reach(base::FaultPoint::kBeforeCommit);
    if (stage_.mutant == Mutant::kEarlyAnswer) Tell(batch, {});
  } catch (const SimCrash&) {
    Undo(batch);
    throw;
  }
  if (stage_.Strikes(FaultKind::kCrashInCommit)) CrashInCommit(batch);
  if (stage_.Strikes(FaultKind::kCommitFails)) {
    Undo(batch);
    if (stage_.mutant == Mutant::kFalseSuccess) return {};
    return Unavailable("the commit failed");
  }
  for (const auto& transaction : batch.open) stage_.auditor.Stepped(transaction.saved());
  batch.open.clear();
  base::Reach(base::FaultPoint::kAfterCommit);
  if (stage_.Strikes(FaultKind::kCommitUnknown)) return Unavailable("the connection broke");
  return {};
}

void SimStore::RunBatch() {
  auto batch = std::make_shared<Batch>();
  const auto most = std::min<std::uint64_t>(queue_.size(), stage_.plan.max_batch);
  for (auto left = stage_.random.Between(1, static_cast<std::int64_t>(most)); left > 0; --left) {
    batch->jobs.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  batch->results.resize(batch->jobs.size());
  stage_.tables_changed = true;
  const Status committed = Commit(*batch);
  stage_.history.Note("store", committed ? "committed" : "refused", owner_, batch->jobs.size());
  stage_.After(stage_.Delay(0, 3), owner_, [this, batch, committed] {
    if (committed && listener_) listener_(batch->notice);
    Tell(*batch, committed);
    scheduled_ = false;
    if (!queue_.empty()) Schedule();
  });
}

void SimStore::Tell(Batch& batch, const Status& committed) {
  for (std::size_t i = 0; i < batch.jobs.size(); ++i) {
    auto done = std::exchange(batch.jobs[i].done, nullptr);
    if (done) done(committed ? batch.results[i] : committed);
  }
}

}  // namespace obolus::simulation
