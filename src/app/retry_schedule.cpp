#include "app/retry_schedule.h"

#include <algorithm>

namespace obolus::app {
namespace {

base::Millis DelayAfter(const RetrySchedule& schedule, int attempts) {
  const auto index = static_cast<std::size_t>(std::max(attempts - 1, 0));
  if (index < schedule.delays.size()) return std::min(schedule.delays[index], schedule.longest);
  base::Millis delay = schedule.delays.empty() ? base::Millis(1'000) : schedule.delays.back();
  for (std::size_t i = schedule.delays.size(); i <= index && delay < schedule.longest; ++i)
    delay *= 2;
  return std::min(delay, schedule.longest);
}

// 80..120 %, so that a thousand events that failed together don't come back together.
constexpr std::uint64_t kMostRandom = 400;
base::Millis Spread(base::Millis delay, std::uint64_t random) {
  return base::Millis(delay.count() *
                      (800 + static_cast<std::int64_t>(random % (kMostRandom + 1))) / 1000);
}

}  // namespace

base::Millis LongestDelay(const RetrySchedule& schedule) {
  return std::max(Spread(schedule.longest, kMostRandom), schedule.longest_retry_after);
}

std::optional<base::Timestamp> NextAttempt(const RetrySchedule& schedule, int attempts,
                                           base::Timestamp first_due, base::Timestamp now,
                                           std::optional<base::Millis> retry_after,
                                           std::uint64_t random) {
  if (now - first_due >= schedule.give_up_after) return std::nullopt;
  if (retry_after) {
    return now +
           std::clamp(*retry_after, schedule.shortest_retry_after, schedule.longest_retry_after);
  }
  return now + Spread(DelayAfter(schedule, attempts), random);
}

}  // namespace obolus::app
