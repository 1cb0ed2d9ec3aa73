#include "storage/audit_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

namespace obolus::storage {
namespace {

constexpr int kLockTries = 40;  // 2 s

constexpr const char* kNewest = "/audit.jsonl";
constexpr const char* kNext = "/audit.next";  // becomes the newest
constexpr const char* kHead = "/audit.head";
constexpr const char* kLock = "/audit.lock";
constexpr int kAppending = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;

std::unexpected<base::Error> SystemFailure(const std::string& what, int error) {
  return base::Fail(base::ErrorCode::kUnavailable,
                    "the audit log: " + what + ": " + std::generic_category().message(error));
}

base::Status WriteAll(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return SystemFailure("cannot write", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

base::Result<std::string> ReadAll(const std::string& path, int file) {
  std::string text;
  std::array<char, std::size_t{64} * 1024> part;
  while (true) {
    const ssize_t got = pread(file, part.data(), part.size(), static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFailure("cannot read " + path, errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
}

base::Status SyncFolder(const std::string& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (!synced) return SystemFailure("cannot sync " + folder, error);
  return {};
}

}  // namespace

std::string NameOfOlderAuditFile(std::uint64_t first) {
  std::string digits = std::to_string(first);
  if (digits.size() < 12) digits.insert(0, 12 - digits.size(), '0');
  return "audit-" + digits + ".jsonl";
}

AuditFile::AuditFile(AuditFile&& other) noexcept
    : folder_(std::move(other.folder_)),
      lock_(std::exchange(other.lock_, -1)),
      head_(std::exchange(other.head_, -1)),
      file_(std::exchange(other.file_, -1)),
      size_(other.size_),
      torn_(other.torn_) {}

AuditFile::~AuditFile() {
  if (file_ >= 0) close(file_);
  if (head_ >= 0) close(head_);
  if (lock_ >= 0) close(lock_);  // which unlocks
}

base::Result<AuditFile> AuditFile::Open(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemFailure("cannot make " + folder, errno);
  }
  AuditFile file(folder);
  const std::string lock = folder + kLock;
  file.lock_ = open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file.lock_ < 0) return SystemFailure("cannot open " + lock, errno);
  // One that was killed a moment ago may still be on its way out.
  for (int i = 0; i < kLockTries && flock(file.lock_, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (flock(file.lock_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemFailure("cannot lock " + lock, errno);
    return base::Fail(base::ErrorCode::kConflict, "another process writes the audit log in " +
                                                      folder +
                                                      "; each needs an audit.dir of its "
                                                      "own");
  }
  const std::string head = folder + kHead;
  file.head_ = open(head.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file.head_ < 0) return SystemFailure("cannot open " + head, errno);
  if (base::Status ended = file.FinishRotation(); !ended) return std::unexpected(ended.error());
  if (base::Status opened = file.OpenNewest(); !opened) return std::unexpected(opened.error());
  return file;
}

base::Status AuditFile::OpenNewest() {
  const std::string path = folder_ + kNewest;
  const int file = open(path.c_str(), kAppending, 0600);
  struct stat info{};
  if (file < 0 || fstat(file, &info) != 0) {
    const int error = errno;
    if (file >= 0) close(file);
    return SystemFailure("cannot open " + path, error);
  }
  if (file_ >= 0) close(file_);
  file_ = file;
  size_ = static_cast<std::uint64_t>(info.st_size);
  torn_ = false;
  return SyncFolder(folder_);
}

base::Result<std::string> AuditFile::Read() const {
  return ReadAll(folder_ + kNewest, file_);
}

base::Status AuditFile::Truncate(std::uint64_t bytes) {
  if (ftruncate(file_, static_cast<off_t>(bytes)) != 0 || fdatasync(file_) != 0) {
    torn_ = true;
    return SystemFailure("cannot cut " + folder_ + kNewest, errno);
  }
  size_ = bytes;
  torn_ = false;
  return {};
}

base::Status AuditFile::Append(std::string_view text) {
  if (torn_) {
    if (base::Status cut = Truncate(size_); !cut) return cut;
  }
  base::Status written = WriteAll(file_, text);
  if (written && fdatasync(file_) != 0) written = SystemFailure("cannot sync", errno);
  if (!written) {
    torn_ = true;
    (void)Truncate(size_);  // else before the next line
    return written;
  }
  size_ += text.size();
  return {};
}

// The new file has its first line before it has its name: an empty audit.jsonl is never ours.
base::Status AuditFile::Rotate(std::uint64_t first, std::string_view text) {
  const std::string newest = folder_ + kNewest;
  const std::string next = folder_ + kNext;
  const std::string older = folder_ + "/" + NameOfOlderAuditFile(first);
  if (access(older.c_str(), F_OK) == 0) return SystemFailure("cannot name " + older, EEXIST);
  const int file = open(next.c_str(), kAppending | O_TRUNC, 0600);
  if (file < 0) return SystemFailure("cannot open " + next, errno);
  base::Status rotated = WriteAll(file, text);
  if (rotated && fdatasync(file) != 0) rotated = SystemFailure("cannot sync " + next, errno);
  if (rotated && rename(newest.c_str(), older.c_str()) != 0) {
    rotated = SystemFailure("cannot name " + older, errno);
  } else if (rotated) {
    if (rename(next.c_str(), newest.c_str()) != 0) {
      rotated = SystemFailure("cannot rename " + next, errno);
    } else {
      rotated = SyncFolder(folder_);
    }
    if (!rotated) rename(older.c_str(), newest.c_str());
  }
  if (!rotated) {
    unlink(next.c_str());
    close(file);
    return rotated;
  }
  close(std::exchange(file_, file));
  size_ = text.size();
  torn_ = false;
  return {};
}

base::Status AuditFile::FinishRotation() {
  const std::string newest = folder_ + kNewest;
  const std::string next = folder_ + kNext;
  if (access(next.c_str(), F_OK) != 0) return {};
  if (access(newest.c_str(), F_OK) == 0) {  // it died before the old one was renamed
    unlink(next.c_str());
    return {};
  }
  if (rename(next.c_str(), newest.c_str()) != 0) {
    return SystemFailure("cannot rename " + next, errno);
  }
  return {};
}

base::Result<std::vector<AuditFile::Older>> AuditFile::ListOlder() const {
  std::vector<Older> files;
  std::error_code failure;
  for (std::filesystem::directory_iterator at(folder_, failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename();
    if (!name.starts_with("audit-") || !name.ends_with(".jsonl")) continue;
    struct stat info{};
    if (stat(at->path().c_str(), &info) != 0) return SystemFailure("cannot stat " + name, errno);
    files.push_back({name, base::FromMillis(std::int64_t{info.st_mtim.tv_sec} * 1000)});
  }
  if (failure) return SystemFailure("cannot list " + folder_, failure.value());
  std::ranges::sort(files, {}, &Older::name);
  return files;
}

base::Result<std::string> AuditFile::LastLineOf(const std::string& name) const {
  const std::string path = folder_ + "/" + name;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return SystemFailure("cannot open " + path, errno);
  auto text = ReadAll(path, file);
  close(file);
  if (!text) return text;
  if (text->size() < 2 || !text->ends_with('\n')) {
    return base::Fail(base::ErrorCode::kMalformed, path + " ends within a line");
  }
  const std::size_t before = text->rfind('\n', text->size() - 2);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return text->substr(begin, text->size() - begin - 1);
}

base::Status AuditFile::RemoveOlder(const std::string& name) {
  const std::string path = folder_ + "/" + name;
  if (unlink(path.c_str()) != 0) return SystemFailure("cannot remove " + path, errno);
  return SyncFolder(folder_);
}

base::Result<std::string> AuditFile::ReadHead() const {
  return ReadAll(folder_ + kHead, head_);
}

base::Status AuditFile::WriteHead(std::string_view text) {
  const ssize_t written = pwrite(head_, text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) {
    return SystemFailure("cannot write " + folder_ + kHead, errno);
  }
  return {};
}

}  // namespace obolus::storage
