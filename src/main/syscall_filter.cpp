#include "main/syscall_filter.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

namespace obolus::main {
namespace {

using base::Status;

// Names that an architecture does not have are passed over: aarch64 has no `open`.
constexpr const char* kAllowed[] = {
    // files, within what Landlock leaves
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "open",
    "openat", "close", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs",
    "lseek", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "getcwd",
    "fcntl", "flock", "fsync", "fdatasync", "ftruncate", "fallocate", "fadvise64", "link", "linkat",
    "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "chmod",
    "fchmod", "fchmodat", "fchown", "umask", "utimensat", "dup", "dup2", "dup3", "pipe", "pipe2",
    "sendfile", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // memory; mmap and mprotect have rules of their own
    "brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock", "msync", "membarrier",
    // threads and signals; clone, tgkill, kill and prctl have rules of their own
    "exit", "exit_group", "futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
    "sched_yield", "sched_getaffinity", "getcpu", "gettid", "getpid", "getppid", "rt_sigaction",
    "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend",
    "sigaltstack", "restart_syscall",
    // time
    "clock_gettime", "clock_getres", "gettimeofday", "time", "nanosleep", "clock_nanosleep",
    "timerfd_create", "timerfd_settime", "timerfd_gettime",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "poll",
    "ppoll", "select", "pselect6",
    // network; socket and socketpair have rules of their own, and Landlock holds the ports
    "connect", "bind", "accept", "accept4", "getsockname", "getpeername", "setsockopt",
    "getsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown",
    // who and where am I
    "getuid", "geteuid", "getgid", "getegid", "getgroups", "getrandom", "uname", "getrlimit",
    "getrusage", "sysinfo", "capget"};

// Nothing of ours or of our libraries ever asks for these: somebody else does.
constexpr const char* kDeadly[] = {"execve",
                                   "execveat",
                                   "fork",
                                   "vfork",
                                   "ptrace",
                                   "process_vm_readv",
                                   "process_vm_writev",
                                   "process_madvise",
                                   "pidfd_getfd",
                                   "kcmp",
                                   "mount",
                                   "umount2",
                                   "move_mount",
                                   "open_tree",
                                   "fsopen",
                                   "fsconfig",
                                   "fsmount",
                                   "fspick",
                                   "mount_setattr",
                                   "pivot_root",
                                   "chroot",
                                   "unshare",
                                   "setns",
                                   "bpf",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "io_uring_setup",
                                   "io_uring_enter",
                                   "io_uring_register",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "kexec_load",
                                   "kexec_file_load",
                                   "memfd_create",
                                   "memfd_secret",
                                   "open_by_handle_at",
                                   "name_to_handle_at",
                                   "personality",
                                   "modify_ldt",
                                   "iopl",
                                   "ioperm",
                                   "reboot",
                                   "swapon",
                                   "swapoff",
                                   "acct",
                                   "quotactl",
                                   "syslog",
                                   "settimeofday",
                                   "clock_settime",
                                   "adjtimex",
                                   "clock_adjtime",
                                   "sethostname",
                                   "setdomainname",
                                   "vhangup",
                                   "mknod",
                                   "mknodat",
                                   "capset",
                                   "seccomp",
                                   "fanotify_init",
                                   "lookup_dcookie",
                                   "uselib",
                                   "shmat",
                                   "shmget"};

constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
constexpr std::uint64_t kSocketType = 0xf;  // without SOCK_CLOEXEC and SOCK_NONBLOCK

class Rules {
 public:
  explicit Rules(FilterMode mode)
      : logs_(mode == FilterMode::kLog),
        context_(seccomp_init(logs_ ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM)), seccomp_release) {
    if (!context_) failure_ = ENOMEM;
  }

  template <class... Condition>
  void Allow(const char* name, Condition... conditions) {
    Add(SCMP_ACT_ALLOW, name, conditions...);
  }
  template <class... Condition>
  void Answer(int error, const char* name, Condition... conditions) {
    Add(SCMP_ACT_ERRNO(static_cast<std::uint16_t>(error)), name, conditions...);
  }
  template <class... Condition>
  void Kill(const char* name, Condition... conditions) {
    if (!logs_) Add(SCMP_ACT_KILL_PROCESS, name, conditions...);
  }

  // 0, or the errno of what failed first.
  int Load() {
    Set(SCMP_FLTATR_CTL_TSYNC, 1);
    Set(SCMP_FLTATR_CTL_NNP, 0);  // who entered no_new_privs did it before
    Set(SCMP_FLTATR_CTL_LOG, 1);
    Set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a binary tree
    Set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (failure_ == 0) failure_ = -seccomp_load(context_.get());
    return failure_;
  }

 private:
  template <class... Condition>
  void Add(std::uint32_t action, const char* name, Condition... conditions) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number < 0 || failure_ != 0) return;  // not on this architecture, or unknown to the library
    const std::array<scmp_arg_cmp, sizeof...(conditions)> all = {conditions...};
    failure_ = -seccomp_rule_add_array(context_.get(), action, number,
                                       static_cast<unsigned>(all.size()), all.data());
  }
  void Set(scmp_filter_attr attribute, std::uint32_t value) {
    if (failure_ == 0) failure_ = -seccomp_attr_set(context_.get(), attribute, value);
  }

  const bool logs_;
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int failure_ = 0;
};

scmp_arg_cmp Is(unsigned argument, std::uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp Masked(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// A new thread, never a new process. clone3 keeps its flags in memory, where a filter cannot look;
// glibc takes clone when it is not there.
void AddThreads(Rules& rules) {
  rules.Allow("clone", Masked(0, CLONE_THREAD | kNamespaces, CLONE_THREAD));
  rules.Kill("clone", Masked(0, CLONE_THREAD, 0));
  rules.Answer(ENOSYS, "clone3");
  const auto self = static_cast<std::uint64_t>(getpid());
  rules.Allow("tgkill", Is(0, self));
  rules.Allow("kill", Is(0, self));
}

void AddMemory(Rules& rules) {
  for (const char* name : {"mmap", "mprotect"}) rules.Allow(name, Masked(2, PROT_EXEC, 0));
}

void AddSockets(Rules& rules) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      rules.Allow("socket", Is(0, static_cast<std::uint64_t>(family)),
                  Masked(1, kSocketType, static_cast<std::uint64_t>(type)));
    }
  }
  rules.Allow("socket", Is(0, AF_NETLINK), Is(2, 0));  // routes, for getaddrinfo
  rules.Allow("socketpair", Is(0, AF_UNIX));
}

void AddSmallCalls(Rules& rules) {
  for (const std::uint64_t request : {FIONBIO, FIONREAD, TCGETS}) {
    rules.Allow("ioctl", Is(1, request));
  }
  for (const std::uint64_t option : {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_SET_VMA}) {
    rules.Allow("prctl", Is(0, option));
  }
  rules.Allow("prlimit64", Is(2, 0));  // to ask, not to set
}

}  // namespace

bool SyscallFilterIsThere() {
  const std::uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

Status FilterSyscalls(FilterStage stage, FilterMode mode) {
  Rules rules(mode);
  for (const char* name : kAllowed) rules.Allow(name);
  for (const char* name : kDeadly) {
    const bool is_ours = std::string_view(name) == "seccomp" && stage == FilterStage::kStarting;
    if (!is_ours) rules.Kill(name);
  }
  if (stage == FilterStage::kStarting) {
    for (const char* name : {"listen", "setresuid", "seccomp"}) rules.Allow(name);
    rules.Allow("prctl", Is(0, PR_SET_SECCOMP));
  }
  AddThreads(rules);
  AddMemory(rules);
  AddSockets(rules);
  AddSmallCalls(rules);
  if (const int failure = rules.Load(); failure != 0) {
    return base::Fail(base::ErrorCode::kUnavailable,
                      "seccomp: " + std::generic_category().message(failure));
  }
  return {};
}

}  // namespace obolus::main
