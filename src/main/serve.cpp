#include "main/serve.h"

#include <pthread.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "main/wiring.h"
#ifdef OBOLUS_FAULTS
#include "main/fault_plan.h"
#endif

namespace obolus::main {
namespace {

constexpr int kUnavailable = 69;    // sysexits.h EX_UNAVAILABLE
constexpr int kSoftware = 70;       // EX_SOFTWARE
constexpr int kConfiguration = 78;  // EX_CONFIG

// Before any thread starts, so that all threads inherit it and only the wait below sees the
// signals.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// A core dump would hold keys and cards.
void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

// A connection is a file, and the usual soft limit of 1024 is there for programs that use select().
void AllowManyFiles() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

// Until a signal that ends us comes; those that only ask for a reload are passed on.
int WaitForEnd(const sigset_t& signals, Wiring& wiring) {
  int signal = 0;
  sigwait(&signals, &signal);
  while (signal == SIGHUP) {
    wiring.ReloadFiles();
    sigwait(&signals, &signal);
  }
  return signal;
}

// Until the time is over, or another signal comes.
void Wait(sigset_t signals, base::Millis limit) {
  sigdelset(&signals, SIGHUP);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const timespec duration{seconds.count(), std::chrono::nanoseconds(limit - seconds).count()};
  sigtimedwait(&signals, nullptr, &duration);
}

// A build that cannot fail on purpose says so: nobody shall believe that it was put to the test.
base::Status TakeFaultPlan() {
  const char* text = std::getenv("OBOLUS_FAULT_PLAN");
  if (text == nullptr) return {};
#ifdef OBOLUS_FAULTS
  const auto plan = ParseFaultPlan(text);
  if (!plan) return std::unexpected(plan.error());
  Arm(*plan);
  return {};
#else
  return base::Fail(base::ErrorCode::kInvalid,
                    "OBOLUS_FAULT_PLAN is set, and this build cannot fail on purpose");
#endif
}

}  // namespace

int Serve(Config config) {
  if (auto taken = TakeFaultPlan(); !taken) {
    std::fprintf(stderr, "obolus: cannot start: %s\n", taken.error().message.c_str());
    return kConfiguration;
  }
  const sigset_t signals = BlockSignals();
  ForbidCoreDumps();
  AllowManyFiles();
  const base::Millis stop_delay(config.stop_delay_ms);
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
  const int signal = WaitForEnd(signals, **wiring);
  base::Log(base::LogLevel::kInfo, "stopping", {{Field::kSignal, std::int64_t{signal}}});
  (*wiring)->Leave();
  if (stop_delay > base::Millis(0)) Wait(signals, stop_delay);
  const bool clean = (*wiring)->Stop();
  base::Log(clean ? base::LogLevel::kInfo : base::LogLevel::kWarn, "stopped",
            {{Field::kOutcome, clean ? "clean" : "timed_out"}});
  base::FlushLog();
  return clean ? 0 : kSoftware;
}

}  // namespace obolus::main
