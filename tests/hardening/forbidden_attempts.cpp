#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>

#include "tests/hardening/attempts.h"

namespace obolus::testing {
namespace {

int Of(long result) {
  return result < 0 ? errno : 0;
}

int Open(const std::string& path, int flags) {
  return Of(open(path.c_str(), flags | O_CLOEXEC, 0600));
}

template <class... Argument>
int Raw(long number, Argument... arguments) {
  return Of(syscall(number, arguments...));
}

int Connect(std::uint16_t port) {
  const int out = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Of(connect(out, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int Bind(int family, const char* path, std::uint16_t port) {
  const int listener = socket(family, SOCK_STREAM, 0);
  if (listener < 0) return errno;
  if (family == AF_UNIX) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return Of(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Of(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int Execute() {
  const char* const arguments[] = {"/bin/true", nullptr};
  const char* const environment[] = {nullptr};
  // In place: success would end this process with 0, which is how success is told.
  return Raw(SYS_execve, "/bin/true", arguments, environment);
}

int Fork() {
  const long child = syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) _exit(0);
  if (child > 0) waitpid(static_cast<pid_t>(child), nullptr, 0);
  return Of(child);
}

int Map(int protection) {
  void* memory = mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? errno : 0;
}

int MakeExecutable() {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return Of(mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

int ReadMemoryOf(int process) {
  std::array<char, 8> here{};
  const iovec local{here.data(), here.size()}, remote{&here, here.size()};
  return Raw(SYS_process_vm_readv, process, &local, 1UL, &remote, 1UL, 0UL);
}

int TakeCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const std::array<__user_cap_data_struct, 2> all = {{{~0U, ~0U, 0}, {0x1ff, 0x1ff, 0}}};
  return Raw(SYS_capset, &header, all.data());
}

int RaiseLimit() {
  const rlimit files{64, 64};
  return Raw(SYS_prlimit64, 0, RLIMIT_NOFILE, &files, nullptr);
}

std::vector<Attempt> Programs() {
  return {
      {"execve", [](const Ground&) { return Execute(); }},
      {"execveat",
       [](const Ground&) {
         const char* const none[] = {nullptr};
         return Raw(SYS_execveat, AT_FDCWD, "/bin/true", none, none, 0);
       }},
      {"fork", [](const Ground&) { return Fork(); }},
      {"clone3", [](const Ground&) { return Raw(SYS_clone3, nullptr, 0UL) == EINVAL ? 0 : errno; }},
      {"ptrace attach",
       [](const Ground& g) { return Raw(SYS_ptrace, PTRACE_SEIZE, g.watcher, nullptr, nullptr); }},
      {"read another's memory", [](const Ground& g) { return ReadMemoryOf(g.watcher); }},
      {"signal another process", [](const Ground& g) { return Of(kill(g.watcher, SIGCONT)); }},
      {"mmap executable", [](const Ground&) { return Map(PROT_READ | PROT_EXEC); }},
      {"mmap writable and executable",
       [](const Ground&) { return Map(PROT_READ | PROT_WRITE | PROT_EXEC); }},
      {"mprotect executable", [](const Ground&) { return MakeExecutable(); }},
      {"memfd_create", [](const Ground&) { return Raw(SYS_memfd_create, "x", 0U); }},
      {"SysV shared memory",
       [](const Ground&) { return Raw(SYS_shmget, IPC_PRIVATE, 4096UL, 0600); }},
  };
}

std::vector<Attempt> Files() {
  return {
      {"read /etc/shadow", [](const Ground&) { return Open("/etc/shadow", O_RDONLY); }},
      {"read another folder",
       [](const Ground& g) { return Open(g.outside + "/secret.txt", O_RDONLY); }},
      {"list another folder",
       [](const Ground& g) { return Open(g.outside, O_RDONLY | O_DIRECTORY); }},
      {"write into another file",
       [](const Ground& g) { return Open(g.outside + "/secret.txt", O_WRONLY); }},
      {"make a file elsewhere",
       [](const Ground& g) { return Open(g.outside + "/new.txt", O_WRONLY | O_CREAT); }},
      {"truncate elsewhere",
       [](const Ground& g) { return Of(truncate((g.outside + "/secret.txt").c_str(), 0)); }},
      {"remove elsewhere",
       [](const Ground& g) { return Of(unlink((g.outside + "/spare.txt").c_str())); }},
      {"replace a certificate",
       [](const Ground& g) { return Open(g.certificates + "/cert.pem", O_WRONLY); }},
      {"make a file among certificates",
       [](const Ground& g) { return Open(g.certificates + "/new.pem", O_WRONLY | O_CREAT); }},
      {"make a symbolic link",
       [](const Ground& g) { return Of(symlink("/etc/shadow", (g.data + "/link").c_str())); }},
      {"link a file from elsewhere",
       [](const Ground& g) {
         return Of(link((g.outside + "/secret.txt").c_str(), (g.data + "/mine").c_str()));
       }},
      {"make a pipe file",
       [](const Ground& g) { return Of(mkfifo((g.data + "/pipe").c_str(), 0600)); }},
      {"read the log of the kernel", [](const Ground&) { return Open("/dev/kmsg", O_RDONLY); }},
      {"read another process's environment",
       [](const Ground& g) {
         return Open("/proc/" + std::to_string(g.watcher) + "/environ", O_RDONLY);
       }},
      {"read the program's folder", [](const Ground&) { return Open("/usr/bin/env", O_RDONLY); }},
      {"write to the terminal", [](const Ground&) { return Open("/dev/ptmx", O_RDWR); }},
  };
}

std::vector<Attempt> Network() {
  return {
      {"connect to another port", [](const Ground& g) { return Connect(g.other_port); }},
      {"bind another port", [](const Ground&) { return Bind(AF_INET, "", 0xd431); }},
      {"bind a Unix socket in data_dir",
       [](const Ground& g) { return Bind(AF_UNIX, (g.data + "/s").c_str(), 0); }},
      {"listen once more",
       [](const Ground&) { return Of(listen(socket(AF_INET, SOCK_STREAM, 0), 1)); }},
      {"raw socket", [](const Ground&) { return Of(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP)); }},
      {"packet socket",
       [](const Ground&) { return Of(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL))); }},
      {"vsock socket", [](const Ground&) { return Of(socket(AF_VSOCK, SOCK_STREAM, 0)); }, false},
      {"kernel crypto socket", [](const Ground&) { return Of(socket(AF_ALG, SOCK_SEQPACKET, 0)); },
       false},
      {"netfilter socket", [](const Ground&) { return Of(socket(AF_NETLINK, SOCK_RAW, 12)); }},
  };
}

std::vector<Attempt> Kernel() {
  return {
      {"become root again", [](const Ground&) { return Of(syscall(SYS_setresuid, 0, 0, 0)); }},
      {"take groups",
       [](const Ground&) {
         const gid_t root = 0;
         return Raw(SYS_setgroups, 1, &root);
       }},
      {"take capabilities", [](const Ground&) { return TakeCapabilities(); }},
      {"mount", [](const Ground&) { return Of(mount("none", "/mnt", "tmpfs", 0, "")); }, false},
      {"chroot", [](const Ground& g) { return Of(chroot(g.outside.c_str())); }},
      {"unshare into a user namespace", [](const Ground&) { return Of(unshare(CLONE_NEWUSER)); }},
      {"bpf",
       [](const Ground&) {
         std::array<char, 128> attributes{};
         return Raw(SYS_bpf, 5, attributes.data(), attributes.size());
       },
       false},
      {"io_uring",
       [](const Ground&) {
         std::array<char, 256> parameters{};
         return Raw(SYS_io_uring_setup, 4, parameters.data());
       }},
      {"perf_event_open",
       [](const Ground&) { return Raw(SYS_perf_event_open, nullptr, 0, 0, 0, 0); }, false},
      {"userfaultfd", [](const Ground&) { return Raw(SYS_userfaultfd, O_CLOEXEC); }},
      {"load a kernel module", [](const Ground&) { return Raw(SYS_init_module, "", 0UL, ""); },
       false},
      {"kernel keys", [](const Ground&) { return Raw(SYS_keyctl, 0, -3, 1); }},
      {"open by handle", [](const Ground&) { return Raw(SYS_open_by_handle_at, 0, nullptr, 0); },
       false},
      {"personality", [](const Ground&) { return Of(personality(READ_IMPLIES_EXEC)); }},
      {"set the clock",
       [](const Ground&) {
         const timespec now{};
         return Raw(SYS_clock_settime, CLOCK_REALTIME, &now);
       },
       false},
      {"a looser filter", [](const Ground&) { return Raw(SYS_seccomp, 1, 0, nullptr); }, false},
      {"be dumpable again", [](const Ground&) { return Of(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }},
      {"set a limit", [](const Ground&) { return RaiseLimit(); }},
      {"type into the terminal", [](const Ground&) { return Raw(SYS_ioctl, 0, 0x5412UL, "x"); },
       false},
  };
}

}  // namespace

std::vector<Attempt> ForbiddenAttempts() {
  std::vector<Attempt> all;
  for (auto part : {Programs(), Files(), Network(), Kernel()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace obolus::testing
