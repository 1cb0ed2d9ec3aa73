// The store port over tables that outlive the process: jobs queue, batches of any size commit at
// once, and between "it is durable" and "somebody was told" there is time to crash. Each fault of
// a disk or a database that the port allows can happen here. One for each incarnation of a process;
// several share the tables, as several processes share a database.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "app/ports/store.h"
#include "simulation/sim_transaction.h"
#include "simulation/stage.h"

namespace obolus::simulation {

class SimStore final : public app::Store {
 public:
  SimStore(Stage& stage, Owner owner) : stage_(stage), owner_(owner) {}

  void Transact(Body body, std::move_only_function<void(base::Status)> done) override;
  void Read(Body body, std::move_only_function<void(base::Status)> done) override;
  void OnCommit(Listener listener) override { listener_ = std::move(listener); }
  base::Status CheckHealth() override { return {}; }
  void Close() override { closed_ = true; }

 private:
  struct Job {
    Body body;
    std::move_only_function<void(base::Status)> done;
  };
  struct Batch {
    std::vector<Job> jobs;
    std::vector<base::Status> results;
    std::deque<SimTransaction> open;  // undone from the last to the first
    app::CommitNotice notice;
  };

  void Schedule();
  void RunBatch();
  base::Status RunBodies(Batch& batch);
  base::Status Commit(Batch& batch);
  void CrashInCommit(Batch& batch);
  void Undo(Batch& batch);
  void Tell(Batch& batch, const base::Status& committed);

  Stage& stage_;
  const Owner owner_;
  Listener listener_;
  std::deque<Job> queue_;
  bool scheduled_ = false;  // a batch is under way, or will be
  bool closed_ = false;
};

}  // namespace obolus::simulation
