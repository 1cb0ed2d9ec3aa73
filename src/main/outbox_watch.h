// Counts what waits for Commerce every few seconds, and says in the log when the oldest event has
// waited for too long: the bridge is down, slow or refuses, and somebody should know before
// payments hang, even where nobody reads the metrics. Made by main/; runs on the scheduler's and
// the store's threads, one round at a time.
#pragma once

#include <optional>

#include "app/services.h"

namespace obolus::main {

class OutboxWatch {
 public:
  static constexpr base::Millis kInterval{5'000};
  static constexpr base::Millis kLate{30'000};          // an event that waits as long is late
  static constexpr base::Millis kBetweenLines{60'000};  // at least

  // Both outlive the scheduler's last task.
  OutboxWatch(const app::Services& services, base::Scheduler& scheduler)
      : services_(services), scheduler_(scheduler) {}
  void Start();

 private:
  void Round();
  void Look(const app::OutboxCounts& counts);

  const app::Services& services_;
  base::Scheduler& scheduler_;
  std::optional<base::Timestamp> said_at_;
};

}  // namespace obolus::main
