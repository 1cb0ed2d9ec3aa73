// The clock that the service lives by: the wall clock as it was at the start, carried on by the
// time that has really passed (CLOCK_BOOTTIME). A wall clock that is set wrong, or right again,
// therefore expires no session early, keeps no retry waiting and ends no lease. What is left of a
// difference is made up slowly; a restart takes the wall clock as it finds it. Made by main/, which
// also calls Observe; Now on any thread.
#pragma once

#include <atomic>
#include <functional>

#include "base/clock.h"

namespace obolus::base {

class SteadyClock final : public Clock {
 public:
  // What a second of difference costs: 10,000 s. So an hour is right to 0.4 s at worst.
  static constexpr std::int64_t kSlewPerMillion = 100;
  static constexpr Millis kJump{2'000};

  struct Source {
    std::function<Timestamp()> wall;
    std::function<Millis()> elapsed;  // since some moment; never set, runs while asleep
  };
  static Source SystemSource();

  explicit SteadyClock(Source source = SystemSource());
  Timestamp Now() const override;

  struct Observation {
    Millis ahead;         // how far the wall clock is ahead of this one
    bool jumped = false;  // by kJump or more, since the observation before
  };
  // Looks at the wall clock and moves towards it, at most kSlewPerMillion of the time since the
  // last call. Every few seconds, from one thread at a time.
  Observation Observe();

 private:
  const Source source_;
  std::atomic<std::int64_t> offset_ms_;  // of this clock to `elapsed`
  Millis observed_at_;                   // by `elapsed`
  Millis ahead_{0};
  std::int64_t slew_left_ = 0;  // millionths of a millisecond
};

}  // namespace obolus::base
