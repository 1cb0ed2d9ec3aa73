#include "main/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace obolus::main {
namespace {

using base::Status;

// The kernel's interface, newer than Debian 12's headers (Linux 6.12, include/uapi/linux).
struct RulesetAttributes {
  std::uint64_t handled_files;
  std::uint64_t handled_ports;
  std::uint64_t scoped;
};
struct PortRule {
  std::uint64_t allowed;
  std::uint64_t port;
};
constexpr int kPortRule = 2;
constexpr std::uint64_t kTruncate = 1ULL << 14;     // since 3
constexpr std::uint64_t kIoctlDevice = 1ULL << 15;  // since 5
constexpr std::uint64_t kBindTcp = 1ULL << 0;       // since 4
constexpr std::uint64_t kConnectTcp = 1ULL << 1;
constexpr std::uint64_t kAbstractSockets = 1ULL << 0;  // since 6
constexpr std::uint64_t kSignals = 1ULL << 1;
constexpr int kPorts = 4, kScopes = 6;  // versions

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kReadAll = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
// Of no use to a service: devices, sockets, pipes and symbolic links are never made.
constexpr std::uint64_t kWriteFile = kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kWriteAll = kReadAll | kWriteFile | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER;

// Every right that this version of the kernel can withhold.
std::uint64_t FileRights(int version) {
  std::uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // all of version 1
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kIoctlDevice;
  return rights;
}

class Descriptor {
 public:
  explicit Descriptor(long descriptor) : descriptor_(static_cast<int>(descriptor)) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

std::unexpected<base::Error> Refused(const std::string& what) {
  return base::Fail(base::ErrorCode::kUnavailable,
                    "Landlock: " + what + ": " + std::generic_category().message(errno));
}

// A path that is not there, or not for this user, could not be opened later either.
Status AllowPath(int ruleset, const std::string& path, std::uint64_t file, std::uint64_t folder) {
  const Descriptor place(open(path.c_str(), O_PATH | O_CLOEXEC));
  struct stat info{};
  if (!place.is_open() || fstat(place.get(), &info) != 0) return {};
  landlock_path_beneath_attr rule{};
  rule.allowed_access = S_ISDIR(info.st_mode) ? folder : file;
  rule.parent_fd = place.get();
  if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return Refused(path);
  }
  return {};
}

Status AllowPort(int ruleset, std::uint16_t port, std::uint64_t access) {
  const PortRule rule{access, port};
  if (syscall(SYS_landlock_add_rule, ruleset, kPortRule, &rule, 0) != 0) {
    return Refused("TCP port " + std::to_string(port));
  }
  return {};
}

Status AddRules(int ruleset, int version, const Reach& reach) {
  const std::uint64_t known = FileRights(version);
  Status added;
  for (const std::string& path : reach.read) {
    if (added) added = AllowPath(ruleset, path, kReadFile, kReadAll);
  }
  for (const std::string& path : reach.write) {
    if (added) added = AllowPath(ruleset, path, kWriteFile & known, kWriteAll & known);
  }
  if (version < kPorts) return added;
  for (const std::uint16_t port : reach.bind_ports) {
    if (added) added = AllowPort(ruleset, port, kBindTcp);
  }
  for (const std::uint16_t port : reach.connect_ports) {
    if (added) added = AllowPort(ruleset, port, kConnectTcp);
  }
  return added;
}

}  // namespace

int LandlockVersion() {
  const long version =
      syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Status ConfineTo(const Reach& reach) {
  const int version = LandlockVersion();
  if (version == 0) {
    return base::Fail(base::ErrorCode::kUnavailable, "Landlock: this kernel has none");
  }
  const RulesetAttributes attributes{FileRights(version),
                                     version >= kPorts ? kBindTcp | kConnectTcp : 0,
                                     version >= kScopes ? kAbstractSockets | kSignals : 0};
  // An older kernel takes the longer structure as long as what it does not know is zero.
  const Descriptor ruleset(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
  if (!ruleset.is_open()) return Refused("no set of rules");
  if (auto added = AddRules(ruleset.get(), version, reach); !added) return added;
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return Refused("not entered");
  return {};
}

}  // namespace obolus::main
