#include "main/run_as.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <vector>

namespace obolus::main {
namespace {

using base::ErrorCode;
using base::Fail;
using base::Status;

constexpr std::size_t kAccountBytes = 65'536;  // one line of passwd, generously
constexpr std::uint32_t kLowPorts = 1U << CAP_NET_BIND_SERVICE;
constexpr int kMostCapabilities = 64;

struct Capabilities {
  std::array<__user_cap_data_struct, 2> words{};

  bool empty() const {
    for (const auto& word : words) {
      if ((word.effective | word.permitted | word.inheritable) != 0) return false;
    }
    return true;
  }
};

std::unexpected<base::Error> Refused(const std::string& what) {
  return Fail(ErrorCode::kUnavailable,
              "cannot " + what + ": " + std::generic_category().message(errno));
}

Capabilities Own() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Capabilities own;
  syscall(SYS_capget, &header, own.words.data());
  return own;
}

// Of this thread. Only what it has already can stay.
bool Keep(std::uint32_t low_word) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Capabilities kept = Own();
  kept.words[0] = {kept.words[0].permitted & low_word, kept.words[0].permitted & low_word, 0};
  kept.words[1] = {};
  return syscall(SYS_capset, &header, kept.words.data()) == 0;
}

// So that no program could have them either; the bits say that uid 0 means nothing.
void ForgetCapabilitiesOfRoot() {
  for (int capability = 0; capability < kMostCapabilities; ++capability) {
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                               SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED);
}

// Root may lock any memory for secrets; who comes after it only as much as the limit allows.
void AllowLockedMemory() {
  rlimit memory{RLIM_INFINITY, RLIM_INFINITY};
  if (setrlimit(RLIMIT_MEMLOCK, &memory) == 0) return;
  if (getrlimit(RLIMIT_MEMLOCK, &memory) != 0) return;
  memory.rlim_cur = memory.rlim_max;
  setrlimit(RLIMIT_MEMLOCK, &memory);
}

// A saved uid 0 keeps the permitted capabilities until setresuid, which glibc calls on every
// thread, gives it up; capset knows one thread only.
Status Become(const Account& account, bool keeps_saved_root) {
  if (initgroups(account.name.c_str(), account.group) != 0) return Refused("take the groups");
  if (setresgid(account.group, account.group, account.group) != 0) {
    return Refused("take the group of " + account.name);
  }
  if (setresuid(account.user, account.user, keeps_saved_root ? 0 : account.user) != 0) {
    return Refused("become " + account.name);
  }
  return {};
}

}  // namespace

base::Result<std::optional<Account>> FindAccount(const std::string& run_as) {
  if (run_as.empty()) return std::nullopt;
  std::vector<char> text(kAccountBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwnam_r(run_as.c_str(), &entry, text.data(), text.size(), &found);
  if (found == nullptr) {
    return base::Invalid("sandbox.run_as", "there is no user " + run_as + " on this machine");
  }
  if (found->pw_uid == 0) return base::Invalid("sandbox.run_as", "must not be root");
  if (geteuid() == found->pw_uid) return std::nullopt;
  if (geteuid() != 0) {
    return base::Invalid(
        "sandbox.run_as",
        "is " + run_as + ", whom only root can become: start as root, or as " + run_as);
  }
  return Account{run_as, found->pw_uid, found->pw_gid};
}

Status HandOver(const std::string& folder, const Account& account) {
  const std::unique_ptr<DIR, int (*)(DIR*)> files(opendir(folder.c_str()), closedir);
  if (!files) return Refused("open " + folder);
  const int descriptor = dirfd(files.get());
  if (fchown(descriptor, account.user, account.group) != 0) {
    return Refused("give " + folder + " to " + account.name);
  }
  while (const dirent* file = readdir(files.get())) {
    struct stat info{};
    if (fstatat(descriptor, file->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    // A link to a file of root's elsewhere would give that away.
    if (!S_ISREG(info.st_mode) || info.st_uid != 0 || info.st_nlink != 1) continue;
    if (fchownat(descriptor, file->d_name, account.user, account.group, AT_SYMLINK_NOFOLLOW) != 0) {
      return Refused("give " + folder + "/" + file->d_name + " to " + account.name);
    }
  }
  return {};
}

Status StepDown(const std::optional<Account>& account, bool binds_low_port) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Refused("set no_new_privs");
  AllowLockedMemory();
  ForgetCapabilitiesOfRoot();
  if (account) {
    if (auto become = Become(*account, binds_low_port); !become) return become;
  }
  if (!Keep(binds_low_port ? kLowPorts : 0)) return Refused("drop the capabilities");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return Refused("forbid core files");
  return {};
}

Status GiveUpTheRest(const std::optional<Account>& account) {
  if (!account) return {};
  if (setresuid(account->user, account->user, account->user) != 0) {
    return Refused("give up the identity of root");
  }
  if (!Own().empty()) return Fail(ErrorCode::kUnavailable, "capabilities are left");
  if (setresuid(0, 0, 0) == 0 || geteuid() != account->user || getgid() != account->group) {
    return Fail(ErrorCode::kUnavailable, "root can be had back");
  }
  return {};
}

}  // namespace obolus::main
