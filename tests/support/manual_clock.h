// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace obolus::testing {

class ManualClock final : public base::Clock {
 public:
  base::Timestamp Now() const override { return base::FromMillis(millis_); }
  void Advance(base::Millis by) { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_ = 1'795'305'600'000;  // 2026-11-22T00:00:00Z
};

}  // namespace obolus::testing
