#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "base/id.h"
#include "base/secret.h"
#include "storage/sqlite_store.h"
#include "tests/hardening/attempts.h"

namespace obolus::testing {
namespace {

int Of(long result) {
  return result < 0 ? errno : 0;
}

int Read(const std::string& path) {
  return Of(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

int Write(const std::string& path) {
  return Of(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

int ConnectUnix(const std::string& path) {
  const int out = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return Of(connect(out, reinterpret_cast<const sockaddr*>(&address), sizeof address));
}

int ConnectPeer(std::uint16_t port) {
  const int out = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int error = Of(connect(out, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  return error == EINPROGRESS ? 0 : error;
}

int LookUp(const char* name) {
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name, "443", nullptr, &found);
  if (error == 0) freeaddrinfo(found);
  return error == 0 ? 0 : EHOSTUNREACH;
}

// Real threads that grow memory: stacks, arenas, large blocks.
int RunThreads() {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([] {
      for (std::size_t size = 64; size < 8'000'000; size *= 2) std::vector<char> grown(size, 'x');
    });
  }
  return 0;
}

int CommitToSqlite(const Ground& ground) {
  base::RandomIdSource ids;
  storage::SqliteOptions options;
  options.path = ground.data + "/obolus.db";
  const auto store = storage::SqliteStore::Open(std::move(options));
  if (!store) return EIO;
  const bool is_well = (*store)->CheckHealth().has_value();
  (*store)->Close();
  return is_well ? 0 : EIO;
}

// As a certificate is renewed: by somebody else, as another file under the same name.
int ReadRenewed(const Ground& ground) {
  return Read(ground.certificates + "/renewed.pem");
}

int Rotate(const Ground& ground) {
  const std::string from = ground.data + "/audit.log", to = ground.data + "/audit.1";
  if (const int error = Write(from); error != 0) return error;
  if (const int error = Of(rename(from.c_str(), to.c_str())); error != 0) return error;
  return Of(unlink(to.c_str()));
}

int LockSecret() {
  const auto secret = base::SecretBytes::OfSize(100'000);
  return secret.size() == 100'000 ? 0 : ENOMEM;
}

int Wait() {
  const int queue = epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  if (const int error = Of(epoll_ctl(queue, EPOLL_CTL_ADD, eventfd(1, EFD_CLOEXEC), &event));
      error != 0) {
    return error;
  }
  return Of(epoll_wait(queue, &event, 1, 0));
}

int Accept() {
  // Made by nobody before: the listeners of the service are, so this only sees that accept4 itself
  // is not refused.
  const int error = Of(accept4(socket(AF_INET, SOCK_STREAM, 0), nullptr, nullptr, SOCK_CLOEXEC));
  return error == EINVAL ? 0 : error;
}

int RaiseHandled() {
  std::signal(SIGUSR1, [](int) {});
  return Of(raise(SIGUSR1));
}

}  // namespace

std::vector<Attempt> NeededCalls() {
  return {
      {"open, write and commit to SQLite (WAL)", CommitToSqlite},
      {"make, rename and remove a file in data_dir", Rotate},
      {"read a certificate", [](const Ground& g) { return Read(g.certificates + "/cert.pem"); }},
      {"read a renewed certificate", ReadRenewed},
      {"read the authorities of the system", [](const Ground&) { return Read("/etc/ssl/certs"); }},
      {"read resolv.conf", [](const Ground&) { return Read("/etc/resolv.conf"); }},
      {"look up localhost", [](const Ground&) { return LookUp("localhost"); }},
      {"look up a numeric address", [](const Ground&) { return LookUp("127.0.0.1"); }},
      {"connect to the bridge", [](const Ground& g) { return ConnectPeer(g.peer_port); }},
      {"connect to a Unix socket", [](const Ground& g) { return ConnectUnix(g.socket); }},
      {"UDP socket", [](const Ground&) { return Of(socket(AF_INET6, SOCK_DGRAM, 0)); }},
      {"accept", [](const Ground&) { return Accept(); }},
      {"socket pair",
       [](const Ground&) {
         std::array<int, 2> pair{};
         return Of(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()));
       }},
      {"16 threads and their memory", [](const Ground&) { return RunThreads(); }},
      {"lock secret memory", [](const Ground&) { return LockSecret(); }},
      {"random bytes",
       [](const Ground&) {
         std::array<char, 16> bytes{};
         return Of(getrandom(bytes.data(), bytes.size(), 0));
       }},
      {"epoll and eventfd", [](const Ground&) { return Wait(); }},
      {"timerfd", [](const Ground&) { return Of(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)); }},
      {"watch a folder",
       [](const Ground& g) {
         return Of(inotify_add_watch(inotify_init1(IN_CLOEXEC), g.data.c_str(), IN_MOVED_TO));
       }},
      {"a signal to itself", [](const Ground&) { return RaiseHandled(); }},
  };
}

}  // namespace obolus::testing
