#include "main/serve.h"

#include <pthread.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "main/wiring.h"

namespace obolus::main {
namespace {

constexpr int kUnavailable = 69;  // sysexits.h EX_UNAVAILABLE
constexpr int kSoftware = 70;     // EX_SOFTWARE

// Before any thread starts, so that all threads inherit it and only the wait below sees the
// signals.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// A core dump would hold keys and cards.
void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

int Serve(Config config) {
  const sigset_t signals = BlockSignals();
  ForbidCoreDumps();
  auto wiring = Wiring::Start(std::move(config));
  if (!wiring) {
    base::FlushLog();
    std::fprintf(stderr, "obolus: cannot start: %s\n", wiring.error().message.c_str());
    return kUnavailable;
  }
  using base::Field;
  base::Log(base::LogLevel::kInfo, "ready",
            {{Field::kVersion, OBOLUS_VERSION},
             {Field::kCommercePort, std::int64_t{(*wiring)->commerce_port()}},
             {Field::kShopperPort, std::int64_t{(*wiring)->shopper_port()}},
             {Field::kOperatorPort, std::int64_t{(*wiring)->operator_port()}}});
  int signal = 0;
  sigwait(&signals, &signal);
  base::Log(base::LogLevel::kInfo, "stopping", {{Field::kSignal, std::int64_t{signal}}});
  const bool clean = (*wiring)->Stop();
  base::Log(clean ? base::LogLevel::kInfo : base::LogLevel::kWarn, "stopped",
            {{Field::kOutcome, clean ? "clean" : "timed_out"}});
  base::FlushLog();
  return clean ? 0 : kSoftware;
}

}  // namespace obolus::main
