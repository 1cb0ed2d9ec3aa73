// The store in memory: the same promises as the others but for durability. For tests, for trying,
// and for the simulation. One thread runs all bodies, reads too, one after the other.
#pragma once

#include <mutex>
#include <thread>
#include <vector>

#include "app/ports/store.h"
#include "storage/job_queue.h"
#include "storage/memory_tables.h"

namespace obolus::storage {

struct MemoryOptions {
  std::size_t max_batch = 512;     // bodies in one commit
  std::size_t max_queued = 16384;  // jobs that wait
};

class MemoryStore final : public app::Store {
 public:
  explicit MemoryStore(MemoryOptions options = {});
  ~MemoryStore() override;

  void Transact(Body body, std::move_only_function<void(base::Status)> done) override;
  void Read(Body body, std::move_only_function<void(base::Status)> done) override;
  void OnCommit(Listener listener) override { listener_ = std::move(listener); }
  base::Status CheckHealth() override;  // kUnavailable once closed
  void Close() override;

 private:
  void Run();
  void RunBatch(std::vector<Job> batch);

  const MemoryOptions options_;
  MemoryTables tables_;
  Listener listener_;
  JobQueue queue_;
  std::mutex closing_;
  std::thread thread_;
};

}  // namespace obolus::storage
