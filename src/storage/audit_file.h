// The file that an audit log is written to, and the folder of those written before: audit.jsonl
// with the newest lines, audit-000000000001.jsonl and so on with older ones, named after their
// first line, and audit.head, which says how far the log is. One process at a time has it (a lock
// in the folder). Written by the thread of storage/file_audit_log alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace obolus::storage {

class AuditFile {
 public:
  // Makes the folder (mode 0700) when it is missing. Errors, in order: kUnavailable (the system's
  // reason), kConflict (another process writes there).
  static base::Result<AuditFile> Open(const std::string& folder);

  AuditFile(const AuditFile&) = delete;
  AuditFile& operator=(const AuditFile&) = delete;
  AuditFile(AuditFile&& other) noexcept;
  AuditFile& operator=(AuditFile&& other) = delete;
  ~AuditFile();

  // All bytes of audit.jsonl. kUnavailable.
  base::Result<std::string> Read() const;
  // Cuts what is behind the first `bytes`, durably. kUnavailable.
  base::Status Truncate(std::uint64_t bytes);
  // Appends and waits for the disk. When it fails nothing of `text` stays, or the next call takes
  // it away first. kUnavailable.
  base::Status Append(std::string_view text);
  // audit.jsonl gets the name of older files, with `first` its first line, and one with `text`
  // takes its place, durably. A death in between is mended by Open. kUnavailable: it goes on as it
  // was.
  base::Status Rotate(std::uint64_t first, std::string_view text);

  // audit.head; "" when it was just made. Writing replaces as many bytes, and does not wait for the
  // disk. kUnavailable.
  base::Result<std::string> ReadHead() const;
  base::Status WriteHead(std::string_view text);

  // Files put aside, oldest first.
  struct Older {
    std::string name;
    base::Timestamp written_at;  // the last time
  };
  base::Result<std::vector<Older>> ListOlder() const;
  // The last line of one of them, without its newline. kUnavailable; kMalformed: it ends within
  // one.
  base::Result<std::string> LastLineOf(const std::string& name) const;
  base::Status RemoveOlder(const std::string& name);

  std::uint64_t size() const { return size_; }
  const std::string& folder() const { return folder_; }

 private:
  explicit AuditFile(std::string folder) : folder_(std::move(folder)) {}
  base::Status FinishRotation();
  base::Status OpenNewest();

  std::string folder_;
  int lock_ = -1;
  int head_ = -1;
  int file_ = -1;
  std::uint64_t size_ = 0;  // of what was kept
  bool torn_ = false;       // there is more behind it
};

// "audit-000000000001.jsonl".
std::string NameOfOlderAuditFile(std::uint64_t first);

}  // namespace obolus::storage
