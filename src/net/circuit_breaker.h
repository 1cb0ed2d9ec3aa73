// Spares callers the wait for a peer that does not answer: after some failures in a row no call is
// let through for a while, then one to try, and when that succeeds all again. The while doubles
// with each trial that fails. Pure: time comes in, nothing is called. Not thread-safe; its owner
// locks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace obolus::net {

struct BreakerOptions {
  int failures = 5;                // in a row, until it opens
  base::Millis open_for{5'000};    // the first time
  base::Millis longest{60'000};    // however often a trial failed
  base::Millis trial_for{30'000};  // a trial that has said nothing by then is taken for lost
};

enum class BreakerState : std::uint8_t { kClosed, kHalfOpen, kOpen };
std::string_view ToString(BreakerState state);  // "closed", "half_open", "open"

class CircuitBreaker {
 public:
  explicit CircuitBreaker(BreakerOptions options) : options_(options) {}

  // Which call this is; given back with its outcome.
  struct Permit {
    std::uint64_t period = 0;
  };
  // Whether a call may be made now. Half open: one at a time.
  std::optional<Permit> Ask(base::Timestamp now);

  // The outcome of a call. One that began before the state last changed is old news and changes
  // nothing.
  void Succeeded(Permit permit);
  void Failed(Permit permit, base::Timestamp now);

  BreakerState state() const { return state_; }
  // How long to wait before asking again; zero when it may be now.
  base::Millis Wait(base::Timestamp now) const;

 private:
  void Enter(BreakerState state);
  void Open(base::Timestamp now);

  const BreakerOptions options_;
  BreakerState state_ = BreakerState::kClosed;
  std::uint64_t period_ = 1;  // grows with each change of state and each trial
  int failures_ = 0;
  base::Millis open_for_{};
  base::Timestamp next_ask_;  // open: the first trial; half open: the trial is lost
};

}  // namespace obolus::net
