// The audit log as a file of hash-chained JSON lines (app/audit_line) that only grows, and a folder
// of older ones. One thread writes: it takes what waits, appends it, waits for the disk, and
// answers those who asked for it. Made by main/ before anything that records, closed after all of
// that.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/audit_line.h"
#include "app/ports/audit_log.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "storage/audit_file.h"

namespace obolus::storage {

struct AuditLogOptions {
  std::string folder;
  std::string instance;  // who writes: in each line
  std::uint64_t rotate_bytes = std::uint64_t{16} * 1024 * 1024;
  std::size_t max_queued = 8192;
  std::chrono::days keep_for{400};  // files put aside; then they are removed, which is recorded
  std::size_t keep_files = 0;       // the newest of them; 0: all
};

class FileAuditLog final : public app::AuditLog {
 public:
  // Mends what a death of the process tore, goes on where the log ended, and records both
  // (audit_started, tamper_suspected). `key`, 32 bytes, `clock` and `metrics` as long as this.
  // Errors, in order: kUnavailable, kConflict (another process has the folder).
  static base::Result<std::unique_ptr<FileAuditLog>> Open(AuditLogOptions options,
                                                          base::SecretBytes key,
                                                          const base::Clock& clock,
                                                          base::Metrics& metrics);
  ~FileAuditLog() override;  // Close()

  void Record(domain::AuditRecord record) override;
  void RecordDurably(domain::AuditRecord record,
                     std::move_only_function<void(base::Status)> done) override;

  // Writes what waits and audit_stopped; later records are lost. May be called again.
  void Close();

  // Of the last line that is on disk. Any thread.
  base::ChainHead head() const;
  // Where the log ended when it was opened.
  const base::ChainHead& found() const { return found_; }
  // Under the log's key, in hex: for what may be compared and not guessed.
  std::string Hmac(base::ByteView bytes) const;
  // Tells keys apart, and gives nothing of them away.
  std::string key_id() const { return Hmac(base::AsBytes("key id")).substr(0, 16); }

 private:
  struct Job {
    app::AuditEntry entry;
    std::move_only_function<void(base::Status)> done;  // none: nobody waits
    std::shared_ptr<base::Loop> home;
  };

  FileAuditLog(AuditLogOptions options, base::SecretBytes key, const base::Clock& clock,
               base::Metrics& metrics, AuditFile file);
  base::Status Recover();
  void Run();
  std::vector<Job> Take();
  void Write(std::vector<Job> batch);
  base::Status Append(std::vector<Job>& batch);
  base::Status Rotate();
  void RemoveOld();
  base::Status RemoveOlder(const AuditFile::Older& file);
  std::string NextLine(const app::AuditEntry& entry);
  app::AuditEntry OwnEntry(domain::AuditKind kind, domain::Details details) const;
  void NoteOutcome(const base::Status& written, std::uint64_t records);
  void Lose(std::uint64_t records);
  static void Answer(Job& job, base::Status outcome);

  const AuditLogOptions options_;
  const base::SecretBytes key_;
  const base::Clock& clock_;
  base::Counter written_, lost_total_, failures_;
  base::Gauge writable_, head_sequence_;

  // Of the thread that writes.
  AuditFile file_;
  base::HashChain chain_;
  std::uint64_t first_ = 0;  // number of the newest file's first line
  base::ChainHead found_;
  bool failing_ = false;
  base::Timestamp head_logged_at_{};

  std::atomic<std::uint64_t> lost_ = 0;  // since the last line that said so
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  bool hurry_ = false;  // somebody waits
  bool closed_ = false;
  base::ChainHead head_;  // a copy for others
  std::thread thread_;
};

}  // namespace obolus::storage
