#include "storage/faults/disk_errors.h"

#include <atomic>
#include <mutex>
#include <optional>

#include "base/log.h"
#include "storage/faults/disk.h"

namespace obolus::storage::faults {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> counting = false;

int CodeOf(const DiskErrors& errors) {
  switch (errors.call) {
    case DiskCall::kOpen:
      return SQLITE_CANTOPEN;
    case DiskCall::kRead:
      return SQLITE_IOERR_READ;
    case DiskCall::kWrite:
      return errors.full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case DiskCall::kSync:
      return SQLITE_IOERR_FSYNC;
    case DiskCall::kTruncate:
      return SQLITE_IOERR_TRUNCATE;
  }
  return SQLITE_IOERR;
}

class FailingDisk final : public Disk {
 public:
  explicit FailingDisk(const DiskErrors& errors) : errors_(errors) {}

  std::unique_ptr<DiskFile> Wrap(const char* path, sqlite3_file* below) override;
  int BeforeOpen(const char* /*path*/) override { return Decide(DiskCall::kOpen); }

  // The code that this call answers with; SQLITE_OK: it goes through.
  int Decide(DiskCall call);

 private:
  const DiskErrors errors_;
  std::mutex mutex_;
  std::uint64_t calls_ = 0;                 // under mutex_
  std::optional<Clock::time_point> until_;  // under mutex_
};

class FailingFile final : public DiskFile {
 public:
  FailingFile(FailingDisk& disk, sqlite3_file* below) : DiskFile(below), disk_(disk) {}

  int Read(void* data, int size, sqlite3_int64 offset) override {
    const int code = disk_.Decide(DiskCall::kRead);
    return code == SQLITE_OK ? DiskFile::Read(data, size, offset) : code;
  }
  int Write(const void* data, int size, sqlite3_int64 offset) override {
    const int code = disk_.Decide(DiskCall::kWrite);
    return code == SQLITE_OK ? DiskFile::Write(data, size, offset) : code;
  }
  int Truncate(sqlite3_int64 size) override {
    const int code = disk_.Decide(DiskCall::kTruncate);
    return code == SQLITE_OK ? DiskFile::Truncate(size) : code;
  }
  int Sync(int flags) override {
    const int code = disk_.Decide(DiskCall::kSync);
    return code == SQLITE_OK ? DiskFile::Sync(flags) : code;
  }

 private:
  FailingDisk& disk_;
};

std::unique_ptr<DiskFile> FailingDisk::Wrap(const char* /*path*/, sqlite3_file* below) {
  return std::make_unique<FailingFile>(*this, below);
}

int FailingDisk::Decide(DiskCall call) {
  if (call != errors_.call || !counting) return SQLITE_OK;
  const std::lock_guard lock(mutex_);
  if (until_) return Clock::now() < *until_ ? CodeOf(errors_) : SQLITE_OK;
  if (++calls_ < errors_.at) return SQLITE_OK;
  until_ = Clock::now() + errors_.lasts;
  base::Log(base::LogLevel::kWarn, "fault_began",
            {{base::Field::kCode, std::int64_t{CodeOf(errors_)}}});
  return CodeOf(errors_);
}

}  // namespace

void InstallDiskErrors(const DiskErrors& errors, bool wait) {
  counting = !wait;
  Disk::Install(std::make_unique<FailingDisk>(errors));
}

void BeginCounting() {
  counting = true;
}

}  // namespace obolus::storage::faults
