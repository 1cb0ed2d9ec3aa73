#include "vault/key_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Fail;
using base::SecretBytes;

constexpr std::size_t kMaxFileBytes = std::size_t{1024} * 1024;
constexpr std::size_t kPipeBytes = std::size_t{64} * 1024;
constexpr mode_t kGroupAndOthers = S_IRWXG | S_IRWXO;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

std::unexpected<base::Error> SystemFailure(const std::string& what, const std::string& path,
                                           int error) {
  return Fail(ErrorCode::kUnavailable,
              what + " " + path + ": " + std::generic_category().message(error));
}

base::Status CheckOwnership(const struct stat& file, const std::string& path) {
  if (!S_ISREG(file.st_mode)) return Fail(ErrorCode::kForbidden, path + " is not a regular file");
  const bool is_owner_trusted = file.st_uid == geteuid() || file.st_uid == 0 || geteuid() == 0;
  if (!is_owner_trusted) {
    return Fail(ErrorCode::kForbidden, path +
                                           " belongs to another user; it must be owned by the "
                                           "user that runs obolus");
  }
  if ((file.st_mode & kGroupAndOthers) != 0) {
    return Fail(ErrorCode::kForbidden, path +
                                           " holds keys and is open to its group or to others; "
                                           "run: chmod 600 " +
                                           path);
  }
  return {};
}

base::Status WriteAll(int descriptor, base::ByteView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemFailure("cannot write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  if (fsync(descriptor) != 0) return SystemFailure("cannot sync", path, errno);
  return {};
}

base::Status SyncFolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File file(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.is_open() || fsync(file.descriptor()) != 0) {
    return SystemFailure("cannot sync", folder, errno);
  }
  return {};
}

// Root may rotate for the service: the file stays the service's.
base::Status KeepOwner(int descriptor, const std::string& target) {
  struct stat old{};
  if (stat(target.c_str(), &old) != 0) return SystemFailure("cannot stat", target, errno);
  if (old.st_uid == geteuid() || fchown(descriptor, old.st_uid, old.st_gid) == 0) return {};
  return SystemFailure("cannot keep the owner of", target, errno);
}

}  // namespace

base::Result<SecretBytes> ReadKeyFile(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open() && errno == ENOENT) return Fail(ErrorCode::kNotFound, path + ": not there");
  if (!file.is_open()) return SystemFailure("cannot open", path, errno);
  struct stat status{};
  if (fstat(file.descriptor(), &status) != 0) return SystemFailure("cannot stat", path, errno);
  if (base::Status owned = CheckOwnership(status, path); !owned) {
    return std::unexpected(std::move(owned.error()));
  }
  const std::size_t size = static_cast<std::size_t>(status.st_size);
  if (size > kMaxFileBytes) return Fail(ErrorCode::kTooLarge, path + " is larger than 1 MiB");

  SecretBytes bytes = SecretBytes::OfSize(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = read(file.descriptor(), bytes.data() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFailure("cannot read", path, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.Truncate(filled);
  return bytes;
}

// A pipe does not say how much is in it. Growing copies, and each old buffer is wiped.
base::Result<SecretBytes> ReadKeyDescriptor(int descriptor) {
  const File file(descriptor);
  const std::string name = "descriptor " + std::to_string(descriptor);
  SecretBytes bytes = SecretBytes::OfSize(kPipeBytes);
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) {
      if (filled > kMaxFileBytes) return Fail(ErrorCode::kTooLarge, name + " has over 1 MiB");
      SecretBytes larger = SecretBytes::OfSize(2 * filled);
      std::ranges::copy(bytes.view(), larger.data());
      bytes = std::move(larger);
    }
    const ssize_t got = read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFailure("cannot read", name, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.Truncate(filled);
  return bytes;
}

base::Status CreateKeyFile(const std::string& path, base::ByteView bytes) {
  std::string draft = path + ".XXXXXX";
  const File file(mkostemp(draft.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return SystemFailure("cannot create", path, errno);
  base::Status status = WriteAll(file.descriptor(), bytes, draft);
  // link() and not rename(): of two processes that start at once, one wins and the other reads.
  if (status && link(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    status = error == EEXIST ? Fail(ErrorCode::kConflict, path + " exists already")
                             : SystemFailure("cannot create", path, error);
  }
  unlink(draft.c_str());
  if (!status) return status;
  return SyncFolderOf(path);
}

base::Status ReplaceKeyFile(const std::string& path, base::ByteView bytes) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  const std::string target = real != nullptr ? real.get() : path;
  std::string draft = target + ".XXXXXX";
  const File file(mkostemp(draft.data(), O_CLOEXEC));  // mode 0600
  if (!file.is_open()) return SystemFailure("cannot write beside", target, errno);
  base::Status status = KeepOwner(file.descriptor(), target);
  if (status) status = WriteAll(file.descriptor(), bytes, draft);
  if (status && rename(draft.c_str(), target.c_str()) != 0) {
    status = SystemFailure("cannot replace", target, errno);
  }
  if (!status) {
    unlink(draft.c_str());
    return status;
  }
  return SyncFolderOf(target);
}

std::string KeyFileMark(const std::string& path) {
  struct stat file{};
  if (stat(path.c_str(), &file) != 0) return "";
  std::string mark;
  for (const auto part :
       {static_cast<std::int64_t>(file.st_dev), static_cast<std::int64_t>(file.st_ino),
        static_cast<std::int64_t>(file.st_size), static_cast<std::int64_t>(file.st_mtim.tv_sec),
        static_cast<std::int64_t>(file.st_mtim.tv_nsec)}) {
    mark += std::to_string(part) + ".";
  }
  return mark;
}

base::Result<KeyFileLock> KeyFileLock::Take(const std::string& path) {
  const std::string name = path + ".lock";
  const int descriptor = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return SystemFailure("cannot open", name, errno);
  KeyFileLock lock(descriptor);
  constexpr int kTries = 100;
  constexpr std::chrono::milliseconds kPause{50};
  for (int i = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EWOULDBLOCK && errno != EINTR) return SystemFailure("cannot lock", name, errno);
    if (i == kTries) {
      return Fail(ErrorCode::kUnavailable, "another process is changing " + path);
    }
    std::this_thread::sleep_for(kPause);
  }
  return lock;
}

KeyFileLock::~KeyFileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace obolus::vault
