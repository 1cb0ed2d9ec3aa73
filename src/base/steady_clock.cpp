#include "base/steady_clock.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace obolus::base {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

// Not CLOCK_MONOTONIC, which stands still while the machine sleeps.
Millis SinceBoot() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::duration_cast<Millis>(std::chrono::seconds(time.tv_sec) +
                                            std::chrono::nanoseconds(time.tv_nsec));
}

}  // namespace

SteadyClock::Source SteadyClock::SystemSource() {
  return {.wall = [] { return SystemClock().Now(); }, .elapsed = SinceBoot};
}

SteadyClock::SteadyClock(Source source)
    : source_(std::move(source)),
      offset_ms_(ToMillis(source_.wall()) - source_.elapsed().count()),
      observed_at_(source_.elapsed()) {}

Timestamp SteadyClock::Now() const {
  return FromMillis(source_.elapsed().count() + offset_ms_.load(std::memory_order_relaxed));
}

SteadyClock::Observation SteadyClock::Observe() {
  const Millis elapsed = source_.elapsed();
  const std::int64_t offset = offset_ms_.load(std::memory_order_relaxed);
  const Millis ahead(ToMillis(source_.wall()) - elapsed.count() - offset);
  slew_left_ += (elapsed - std::exchange(observed_at_, elapsed)).count() * kSlewPerMillion;
  const std::int64_t most = slew_left_ / kMillion;
  const std::int64_t step = std::clamp(ahead.count(), -most, most);
  // Not saved up: a difference that comes later is made up as slowly.
  slew_left_ %= kMillion;
  offset_ms_.store(offset + step, std::memory_order_relaxed);
  const Millis before = std::exchange(ahead_, ahead - Millis(step));
  return {.ahead = ahead_, .jumped = std::chrono::abs(ahead - before) >= kJump};
}

}  // namespace obolus::base
