// Sends prepared HTTP/1.1 requests to a loopback port and measures how long each took. With a rate
// it is an open loop: request i is due at start + i / rate, whether or not earlier ones were
// answered, and its latency counts from then, so that a server which stalls cannot hide it.
// Without a rate it is a closed loop over the connections. One thread, one request at a time a
// connection. Prints one line of JSON; a 429 or 503 with Retry-After counts as shed, anything else
// but a 2xx answer as failed.
//
//   load_driver PORT CONNECTIONS REQUESTS_FILE [--rate N] [--seconds S] [--warm S] [--count N]
//               [--answers FILE]
//
// REQUESTS_FILE holds requests, each as "LENGTH\n" and that many bytes; they are sent in turn, over
// and over, for so many seconds, and until --count are answered if that is sooner. --answers keeps
// the bodies, one a line.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using SteadyClock = std::chrono::steady_clock;
using Time = SteadyClock::time_point;
using std::chrono::nanoseconds;

void Check(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

struct Options {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::string requests_file;
  double rate = 0;  // a second; 0: closed loop
  double seconds = 1;
  double warm = 0;        // at the start, not measured
  std::size_t count = 0;  // in all; 0: as many as the time allows
  std::string answers_file;
};

std::vector<std::string> ReadRequests(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Check(file.is_open(), path.c_str());
  std::vector<std::string> requests;
  std::string line;
  while (std::getline(file, line)) {
    std::string request(std::strtoul(line.c_str(), nullptr, 10), '\0');
    file.read(request.data(), static_cast<std::streamsize>(request.size()));
    Check(file.good(), "a request is cut off");
    requests.push_back(std::move(request));
  }
  Check(!requests.empty(), "no requests");
  return requests;
}

struct Connection {
  int fd = -1;
  Time due;
  std::string received;
};

// Where the value of that header begins, 0: there is none. `name`: in lower case, with its colon.
std::size_t FindHeader(std::string_view head, std::string_view name) {
  const auto same = [](char a, char b) {
    return b == (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a);
  };
  const auto found = std::search(head.begin(), head.end(), name.begin(), name.end(), same);
  if (found == head.end()) return 0;
  return static_cast<std::size_t>(found - head.begin()) + name.size();
}

// The complete answer at the front of `bytes`, or not yet.
struct Answer {
  bool complete = false;
  int status = 0;
  bool shed = false;
  std::string_view body;
};

Answer ParseAnswer(std::string_view bytes) {
  const std::size_t head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return {};
  const std::size_t at = FindHeader(bytes.substr(0, head), "\r\ncontent-length:");
  const std::size_t length = at == 0 ? 0 : std::strtoul(bytes.data() + at, nullptr, 10);
  if (bytes.size() < head + 4 + length) return {};
  const int status = std::atoi(bytes.data() + 9);
  const bool later = FindHeader(bytes.substr(0, head), "\r\nretry-after:") != 0;
  return {true, status, later && (status == 429 || status == 503), bytes.substr(head + 4, length)};
}

class Driver {
 public:
  explicit Driver(Options options)
      : options_(std::move(options)), requests_(ReadRequests(options_.requests_file)) {
    if (!options_.answers_file.empty()) answers_.open(options_.answers_file);
    poll_ = epoll_create1(0);
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) Connect(i);
  }

  void Run() {
    start_ = SteadyClock::now();
    measured_from_ = start_ + Seconds(options_.warm);
    end_ = measured_from_ + Seconds(options_.seconds);
    while (true) {
      const Time now = SteadyClock::now();
      if (now >= end_ || (AllSent() && idle_.size() == connections_.size())) break;
      const Time wake = SendWhatIsDue(now);
      Receive(wake);
    }
    finished_ = SteadyClock::now();
  }

  void Print() {
    // What was due and never sent has waited at least until now.
    std::size_t unsent = 0;
    while (options_.rate > 0 && !AllSent() && DueAt(sent_) < end_) {
      Record(latencies_us_, DueAt(sent_++), finished_);
      ++unsent;
    }
    for (auto* latencies : {&latencies_us_, &shed_us_}) std::ranges::sort(*latencies);
    const auto quantile = [](const std::vector<double>& sorted, double share) {
      if (sorted.empty()) return 0.0;
      const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
      return sorted[std::min(index, sorted.size() - 1)];
    };
    const auto at = [&](double share) { return quantile(latencies_us_, share); };
    const double seconds = std::chrono::duration<double>(last_ - measured_from_).count();
    std::printf(
        "{\"requests\":%zu,\"seconds\":%.6f,\"failed\":%zu,\"unsent\":%zu,\"p50_us\":%.1f,"
        "\"p99_us\":%.1f,\"max_us\":%.1f,\"shed\":%zu,\"shed_p99_us\":%.1f}\n",
        latencies_us_.size() - unsent, seconds, failed_, unsent, at(0.5), at(0.99), at(1),
        shed_us_.size(), quantile(shed_us_, 0.99));
  }

 private:
  static nanoseconds Seconds(double seconds) {
    return nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
  }

  void Connect(std::size_t index) {
    Connection& connection = connections_[index];
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Check(connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0,
          "connect");
    const int one = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    Check(epoll_ctl(poll_, EPOLL_CTL_ADD, connection.fd, &event) == 0, "epoll_ctl");
    idle_.push_back(index);
  }

  bool AllSent() const { return options_.count > 0 && sent_ == options_.count; }
  Time DueAt(std::size_t index) const {
    return start_ + Seconds(static_cast<double>(index) / options_.rate);
  }

  // When the next request is due, at most 100 ms from now.
  Time SendWhatIsDue(Time now) {
    while (!AllSent()) {
      const Time due = options_.rate > 0 ? DueAt(sent_) : now;
      if (due > now) return std::min(due, now + std::chrono::milliseconds(100));
      if (idle_.empty()) break;
      Connection& connection = connections_[idle_.front()];
      idle_.pop_front();
      connection.due = due;
      const std::string& request = requests_[sent_++ % requests_.size()];
      Check(send(connection.fd, request.data(), request.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request.size()),
            "send");
    }
    return now + std::chrono::milliseconds(100);
  }

  void Receive(Time wake) {
    const nanoseconds wait = std::max(nanoseconds(0), nanoseconds(wake - SteadyClock::now()));
    const timespec timeout{.tv_sec = 0, .tv_nsec = wait.count()};
    std::array<epoll_event, 256> events{};
    const int count =
        epoll_pwait2(poll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    for (int i = 0; i < count; ++i) Read(events[static_cast<std::size_t>(i)].data.u64);
  }

  void Read(std::size_t index) {
    Connection& connection = connections_[index];
    char chunk[16384];
    const ssize_t got = recv(connection.fd, chunk, sizeof chunk, MSG_DONTWAIT);
    if (got < 0) return;
    if (got == 0) {
      ++failed_;
      close(connection.fd);
      connection.received.clear();
      return Connect(index);
    }
    connection.received.append(chunk, static_cast<std::size_t>(got));
    const Answer answer = ParseAnswer(connection.received);
    if (!answer.complete) return;
    const Time now = SteadyClock::now();
    if (answer.shed) {
      if (now >= measured_from_) Record(shed_us_, connection.due, now);
    } else if (answer.status < 200 || answer.status > 299) {
      if (failed_++ == 0) std::fprintf(stderr, "%s\n", connection.received.c_str());
    } else if (now >= measured_from_) {
      Record(latencies_us_, connection.due, now);
      last_ = now;
    }
    if (answers_.is_open()) answers_ << answer.body << '\n';
    connection.received.clear();
    idle_.push_back(index);
  }

  static void Record(std::vector<double>& latencies, Time due, Time now) {
    latencies.push_back(std::chrono::duration<double, std::micro>(now - due).count());
  }

  const Options options_;
  const std::vector<std::string> requests_;
  std::ofstream answers_;
  int poll_ = -1;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::size_t sent_ = 0;
  std::size_t failed_ = 0;
  std::vector<double> latencies_us_;
  std::vector<double> shed_us_;
  Time start_;
  Time measured_from_;
  Time end_;
  Time last_;
  Time finished_;
};

Options ParseOptions(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: load_driver PORT CONNECTIONS REQUESTS_FILE [options]\n");
    std::exit(64);
  }
  Options options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.connections = std::strtoul(argv[2], nullptr, 10);
  options.requests_file = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (++i == argc) std::exit(64);
    if (name == "--rate") options.rate = std::atof(argv[i]);
    if (name == "--seconds") options.seconds = std::atof(argv[i]);
    if (name == "--warm") options.warm = std::atof(argv[i]);
    if (name == "--count") options.count = std::strtoul(argv[i], nullptr, 10);
    if (name == "--answers") options.answers_file = argv[i];
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  // The kernel may else wake us 50 us late, which would count as the server's latency.
  prctl(PR_SET_TIMERSLACK, 1);
  Driver driver(ParseOptions(argc, argv));
  driver.Run();
  driver.Print();
}
