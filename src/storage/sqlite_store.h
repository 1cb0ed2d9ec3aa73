// The store on one SQLite file, for one process: one writer thread with group commit (2xx after
// fsync), a few reader threads beside it, each with a connection of its own. Made by main/; its
// methods may be called from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/ports/store.h"
#include "storage/job_queue.h"

namespace obolus::storage {

class SqliteDatabase;

struct SqliteOptions {
  std::string path;                     // its directory must exist
  std::size_t max_batch = 512;          // bodies in one commit
  std::size_t max_queued = 16384;       // jobs that wait, for writes and for reads each
  std::size_t readers = 2;              // threads
  std::int64_t checkpoint_pages = 512;  // of 8 KiB
  std::chrono::milliseconds health_timeout{2000};
};

class SqliteStore final : public app::Store {
 public:
  // Makes the file (mode 0600) when it is missing, and brings its schema up to date. Errors, in
  // order: kConflict (another process uses the file; its schema is newer than this program, or it
  // is not ours), kUnavailable (cannot be opened, read or written). The messages name the file.
  static base::Result<std::unique_ptr<SqliteStore>> Open(SqliteOptions options);
  ~SqliteStore() override;

  void Transact(Body body, std::move_only_function<void(base::Status)> done) override;
  void Read(Body body, std::move_only_function<void(base::Status)> done) override;
  void OnCommit(Listener listener) override { listener_ = std::move(listener); }
  // A real write, through the queue and to the disk. Waits at most `health_timeout`; not for a
  // store thread. kUnavailable, also when it takes longer; kRateLimited.
  base::Status CheckHealth() override;
  void Close() override;

 private:
  class FileLock;
  SqliteStore(SqliteOptions options, std::unique_ptr<FileLock> lock,
              std::unique_ptr<SqliteDatabase> writer,
              std::vector<std::unique_ptr<SqliteDatabase>> readers);
  void RunReader(SqliteDatabase& database);

  const SqliteOptions options_;
  const std::unique_ptr<FileLock> lock_;
  const std::unique_ptr<SqliteDatabase> writer_;
  const std::vector<std::unique_ptr<SqliteDatabase>> readers_;
  Listener listener_;
  JobQueue writes_;
  JobQueue reads_;
  std::mutex closing_;
  std::vector<std::thread> reader_threads_;
  std::thread writer_thread_;
};

}  // namespace obolus::storage
