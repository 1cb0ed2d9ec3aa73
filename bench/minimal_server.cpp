// The yardstick for durable POST /sessions: the least program that keeps the same promise. A
// hand-written HTTP loop over epoll on one thread and a group-committing SQLite writer on another;
// the same table, indexes, row sizes, ordered keys and pragmas as Obolus, and nothing else: no TLS,
// no validation, no keys, no events, no metrics. It answers 201 after the commit that holds the
// row.
//
//   minimal_server PORT DATABASE SCHEMA.sql DOCUMENT_BYTES
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

using Id = std::array<unsigned char, 16>;

struct Insert {
  int socket;
  Id id;
};

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

std::int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

class Writer {
 public:
  Writer(const char* path, const char* schema, std::size_t document_bytes)
      : document_(document_bytes, 'x'), done_(eventfd(0, EFD_NONBLOCK)) {
    Check(sqlite3_open(path, &database_) == SQLITE_OK, "sqlite3_open");
    std::ifstream file(schema);
    std::stringstream sql;
    sql << file.rdbuf();
    Execute(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA wal_autocheckpoint=4096;");
    Execute(sql.str().c_str());
    sqlite3_prepare_v2(database_,
                       "INSERT INTO sessions (id, kind, state, version, terminal_id,"
                       " payment_terminal_id, created_at, expires_at, due_at, ended_at, document)"
                       " VALUES (?, 'payment', 'open', 1, NULL, NULL, ?, ?, ?, NULL, ?)",
                       -1, &insert_, nullptr);
    Check(insert_ != nullptr, sqlite3_errmsg(database_));
    thread_ = std::thread([this] { Run(); });
  }

  int done_event() const { return done_; }

  void Add(std::vector<Insert>& inserts) {
    {
      std::lock_guard lock(mutex_);
      queue_.insert(queue_.end(), inserts.begin(), inserts.end());
    }
    inserts.clear();
    wake_.notify_one();
  }

  std::vector<Insert> TakeCommitted() {
    std::lock_guard lock(mutex_);
    return std::move(committed_);
  }

 private:
  void Execute(const char* sql) {
    Check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK,
          sqlite3_errmsg(database_));
  }

  void Run() {
    while (true) {
      std::vector<Insert> batch;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return !queue_.empty(); });
        batch.swap(queue_);
      }
      Execute("BEGIN IMMEDIATE");
      const std::int64_t now = NowMillis();
      for (const Insert& insert : batch) {
        sqlite3_bind_blob(insert_, 1, insert.id.data(), 16, SQLITE_STATIC);
        sqlite3_bind_int64(insert_, 2, now);
        sqlite3_bind_int64(insert_, 3, now + 900'000);
        sqlite3_bind_int64(insert_, 4, now + 900'000);
        sqlite3_bind_text(insert_, 5, document_.data(), static_cast<int>(document_.size()),
                          SQLITE_STATIC);
        Check(sqlite3_step(insert_) == SQLITE_DONE, sqlite3_errmsg(database_));
        sqlite3_reset(insert_);
      }
      Execute("COMMIT");
      {
        std::lock_guard lock(mutex_);
        committed_.insert(committed_.end(), batch.begin(), batch.end());
      }
      const std::uint64_t one = 1;
      Check(write(done_, &one, sizeof one) == sizeof one, "eventfd");
    }
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  const std::string document_;
  const int done_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Insert> queue_;
  std::vector<Insert> committed_;
  std::thread thread_;
};

class Server {
 public:
  Server(int port, Writer& writer) : writer_(writer), random_(std::random_device{}()) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int one = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Check(bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    Check(listen(listener_, 1024) == 0, "listen");
    poll_ = epoll_create1(0);
    Watch(listener_);
    Watch(writer_.done_event());
  }

  void Run() {
    std::array<epoll_event, 512> events{};
    std::vector<Insert> inserts;
    while (true) {
      const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          Accept();
        } else if (fd == writer_.done_event()) {
          Answer();
        } else {
          Read(fd, inserts);
        }
      }
      if (!inserts.empty()) writer_.Add(inserts);
    }
  }

 private:
  void Watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    Check(epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }

  void Accept() {
    while (true) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      const int one = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      Watch(fd);
    }
  }

  // One request at a time a connection: the head, then Content-Length bytes.
  void Read(int fd, std::vector<Insert>& inserts) {
    std::string& buffer = buffers_[fd];
    char chunk[4096];
    const ssize_t got = recv(fd, chunk, sizeof chunk, 0);
    if (got <= 0) {
      buffers_.erase(fd);
      close(fd);
      return;
    }
    buffer.append(chunk, static_cast<std::size_t>(got));
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head == std::string::npos) return;
    const std::size_t at = buffer.find("Content-Length: ");
    const std::size_t length = at < head ? std::strtoul(buffer.c_str() + at + 16, nullptr, 10) : 0;
    if (buffer.size() < head + 4 + length) return;
    buffer.erase(0, head + 4 + length);
    inserts.push_back({fd, NewId()});
  }

  void Answer() {
    std::uint64_t count = 0;
    Check(read(writer_.done_event(), &count, sizeof count) == sizeof count, "eventfd");
    for (const Insert& insert : writer_.TakeCommitted()) {
      char key[33] = {};
      for (std::size_t i = 0; i < 16; ++i) std::snprintf(key + 2 * i, 3, "%02x", insert.id[i]);
      char body[160];
      const int size = std::snprintf(body, sizeof body,
                                     "{\"session_key\":\"pay_%s\",\"terminal_id\":\"%s\","
                                     "\"expires_in\":900}",
                                     key, key);
      char reply[400];
      const int total = std::snprintf(reply, sizeof reply,
                                      "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
                                      "Content-Length: %d\r\n\r\n%s",
                                      size, body);
      if (send(insert.socket, reply, static_cast<std::size_t>(total), MSG_NOSIGNAL) < 0) continue;
    }
  }

  Id NewId() {
    Id id{};
    const auto millis = static_cast<std::uint64_t>(NowMillis());
    const std::uint64_t head = millis << 16 | (++counter_ & 0xffff);
    const std::uint64_t tail = random_();
    for (std::size_t i = 0; i < 8; ++i) {
      id[i] = static_cast<unsigned char>(head >> (56 - 8 * i));
      id[8 + i] = static_cast<unsigned char>(tail >> (56 - 8 * i));
    }
    return id;
  }

  Writer& writer_;
  int listener_ = -1;
  int poll_ = -1;
  std::uint64_t counter_ = 0;
  std::mt19937_64 random_;
  std::unordered_map<int, std::string> buffers_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: minimal_server PORT DATABASE SCHEMA.sql DOCUMENT_BYTES\n");
    return 64;
  }
  std::signal(SIGTERM, [](int) { _exit(0); });
  Writer writer(argv[2], argv[3], std::strtoul(argv[4], nullptr, 10));
  Server(std::atoi(argv[1]), writer).Run();
}
