// When to try an event again (contract §3.1): at 0, 1, 2, 5, 10, 30, 60 s after the one before,
// then every five minutes at most, with jitter, for 72 hours. A pure function of what is stored
// with the event, so that a restart changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"

namespace obolus::app {

struct RetrySchedule {
  std::vector<base::Millis> delays = {
      base::Millis(0),      base::Millis(1'000),  base::Millis(2'000), base::Millis(5'000),
      base::Millis(10'000), base::Millis(30'000), base::Millis(60'000)};
  base::Millis longest{300'000};
  std::chrono::hours give_up_after{72};
  base::Millis shortest_retry_after{1'000};
  base::Millis longest_retry_after{900'000};
};

// NextAttempt is never later than this after `now`.
base::Millis LongestDelay(const RetrySchedule& schedule);

// `attempts` made so far (>= 1), the first due at `first_due`, the last failed at `now`; `random`
// is uniform. `retry_after` is the peer's wish. The delay that follows attempt n is delays[n-1]
// (attempt 1 is followed at once, once), then doubles up to `longest`, spread over 80..120 %.
// Nothing: the time is over, park it.
std::optional<base::Timestamp> NextAttempt(const RetrySchedule& schedule, int attempts,
                                           base::Timestamp first_due, base::Timestamp now,
                                           std::optional<base::Millis> retry_after,
                                           std::uint64_t random);

}  // namespace obolus::app
