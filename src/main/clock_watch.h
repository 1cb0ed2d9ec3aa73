// Holds the service's clock against the machine's wall clock every few seconds, and says so when
// they differ: a log line for each jump, and a gauge that monitoring can alarm on. Without it the
// service would go on by elapsed time and nobody would know that the machine's time is wrong.
// Made by main/; runs on the scheduler's threads, one round at a time.
#pragma once

#include <memory>

#include "base/metrics.h"
#include "base/steady_clock.h"

namespace obolus::main {

class ClockWatch {
 public:
  static constexpr base::Millis kInterval{2'000};

  // All outlive the scheduler's last task.
  ClockWatch(base::SteadyClock& clock, base::Scheduler& scheduler, base::Metrics& metrics);
  void Start();

 private:
  void Round();

  base::SteadyClock& clock_;
  base::Scheduler& scheduler_;
  base::Gauge ahead_seconds_;
};

}  // namespace obolus::main
