#include "main/clock_watch.h"

#include "base/log.h"

namespace obolus::main {

ClockWatch::ClockWatch(base::SteadyClock& clock, base::Scheduler& scheduler, base::Metrics& metrics)
    : clock_(clock),
      scheduler_(scheduler),
      ahead_seconds_(metrics.AddGauge("obolus_clock_ahead_seconds",
                                      "How far the machine's wall clock is ahead of the service, "
                                      "which follows elapsed time.")) {}

void ClockWatch::Start() {
  Round();
}

void ClockWatch::Round() {
  const auto seen = clock_.Observe();
  ahead_seconds_.Set(std::chrono::duration<double>(seen.ahead).count());
  if (seen.jumped) {
    base::Log(base::LogLevel::kWarn, "clock_jumped",
              {{base::Field::kAheadMs, std::int64_t{seen.ahead.count()}}});
  }
  scheduler_.After(kInterval, [this] { Round(); });
}

}  // namespace obolus::main
