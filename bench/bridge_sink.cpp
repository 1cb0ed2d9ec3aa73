// Commerce's event bridge as far as speed is concerned: takes every CloudEvent that comes over
// mTLS, answers 204, and remembers when it came. It runs on our own net/ with as many threads as
// asked, so that it is not what limits a relay. GET /stats tells how many distinct events came, how
// long after their ce-time, and over what time; GET /reset forgets them. Prints one line of JSON
// when it listens.
//
//   bridge_sink PORT CERTIFICATES_FOLDER [THREADS]
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "net/engine.h"
#include "net/http_server.h"

namespace {

using namespace obolus;  // NOLINT: a program of one file

double NowMillis() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

class Arrivals {
 public:
  int Take(const net::HttpRequest& request) {
    const double now = NowMillis();
    const std::string* id = request.headers.Find("ce-id");
    const std::string* time = request.headers.Find("ce-time");
    if (id == nullptr || time == nullptr) return 400;
    const auto committed = base::ParseTime(*time);
    if (!committed) return 400;
    std::lock_guard lock(mutex_);
    if (!ids_.insert(*id).second) return 204;
    if (delays_ms_.empty()) first_ms_ = now;
    last_ms_ = now;
    delays_ms_.push_back(now - static_cast<double>(base::ToMillis(*committed)));
    return 204;
  }

  std::string Stats() {
    std::lock_guard lock(mutex_);
    std::vector<double> sorted = delays_ms_;
    std::ranges::sort(sorted);
    const auto at = [&sorted](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
      return sorted.empty() ? 0.0 : sorted[std::min(index, sorted.size() - 1)];
    };
    char text[200];
    std::snprintf(text, sizeof text,
                  "{\"events\":%zu,\"seconds\":%.6f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}",
                  sorted.size(), (last_ms_ - first_ms_) / 1000, at(0.5), at(0.99));
    return text;
  }

  void Reset() {
    std::lock_guard lock(mutex_);
    ids_.clear();
    delays_ms_.clear();
    first_ms_ = last_ms_ = 0;
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> ids_;
  std::vector<double> delays_ms_;
  double first_ms_ = 0;
  double last_ms_ = 0;
};

net::HttpResponse Answer(Arrivals& arrivals, const net::HttpRequest& request) {
  if (request.path == "/stats") return {.status = 200, .headers = {}, .body = arrivals.Stats()};
  if (request.path == "/reset") {
    arrivals.Reset();
    return {.status = 204, .headers = {}, .body = {}};
  }
  return {.status = arrivals.Take(request), .headers = {}, .body = {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: bridge_sink PORT CERTIFICATES_FOLDER [THREADS]\n");
    return 64;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string certificates = argv[2];
  Arrivals arrivals;
  net::Engine engine(argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1);
  net::ServerOptions options;
  options.name = "bridge";
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.tls = net::ServerTls{.certificate_file = certificates + "/bridge-server.pem",
                               .key_file = certificates + "/bridge-server.key",
                               .client_ca_file = certificates + "/ca.pem",
                               .client_certificates = net::ClientCertificates::kRequired};
  const auto server = net::HttpServer::Start(
      engine, std::move(options), [&arrivals](net::HttpRequest request, net::Responder responder) {
        responder.Send(Answer(arrivals, request));
      });
  if (!server) {
    std::fprintf(stderr, "bridge_sink: %s\n", server.error().message.c_str());
    return 1;
  }
  std::printf("{\"event\":\"ready\",\"port\":%d}\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
}
