#include "net/circuit_breaker.h"

#include <algorithm>

namespace obolus::net {

std::string_view ToString(BreakerState state) {
  switch (state) {
    case BreakerState::kClosed:
      return "closed";
    case BreakerState::kHalfOpen:
      return "half_open";
    case BreakerState::kOpen:
      return "open";
  }
  return "";
}

void CircuitBreaker::Enter(BreakerState state) {
  state_ = state;
  ++period_;
  failures_ = 0;
}

void CircuitBreaker::Open(base::Timestamp now) {
  // A trial that failed doubles the wait; the first opening starts over.
  open_for_ = state_ == BreakerState::kClosed ? options_.open_for
                                              : std::min(open_for_ * 2, options_.longest);
  next_ask_ = now + open_for_;
  Enter(BreakerState::kOpen);
}

std::optional<CircuitBreaker::Permit> CircuitBreaker::Ask(base::Timestamp now) {
  if (state_ == BreakerState::kClosed) return Permit{period_};
  if (Wait(now) > base::Millis(0)) return std::nullopt;
  next_ask_ = now + options_.trial_for;
  Enter(BreakerState::kHalfOpen);
  return Permit{period_};
}

void CircuitBreaker::Succeeded(Permit permit) {
  if (permit.period != period_) return;
  failures_ = 0;
  if (state_ == BreakerState::kHalfOpen) Enter(BreakerState::kClosed);
}

void CircuitBreaker::Failed(Permit permit, base::Timestamp now) {
  if (permit.period != period_) return;
  if (state_ == BreakerState::kHalfOpen || ++failures_ >= options_.failures) Open(now);
}

base::Millis CircuitBreaker::Wait(base::Timestamp now) const {
  if (state_ == BreakerState::kClosed) return base::Millis(0);
  const base::Millis longest = state_ == BreakerState::kOpen ? open_for_ : options_.trial_for;
  const base::Millis left = next_ask_ - now;
  // More than it ever means to wait: the clock was set back.
  return left > longest ? base::Millis(0) : std::max(left, base::Millis(0));
}

}  // namespace obolus::net
