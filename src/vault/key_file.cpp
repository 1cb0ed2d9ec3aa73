#include "vault/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace obolus::vault {
namespace {

using base::ErrorCode;
using base::Fail;
using base::SecretBytes;

constexpr std::size_t kMaxFileBytes = std::size_t{1024} * 1024;
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

}  // namespace obolus::vault
