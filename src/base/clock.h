// Wall-clock time, passed in so that tests and the simulation own it. All times on the wire and in
// the store are UTC milliseconds since 1970. `SystemClock` is the one place that asks the system.
// Also the one text form of a time: ISO 8601 / RFC 3339 in UTC with milliseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace obolus::base {

using Millis = std::chrono::milliseconds;
using Timestamp = std::chrono::sys_time<Millis>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp Now() const = 0;  // any thread
};

class SystemClock final : public Clock {
 public:
  Timestamp Now() const override;
};

// Runs `task` once after `delay`, on a thread of the implementation's. Tasks that are pending at
// the end of the scheduler are dropped.
class Scheduler {
 public:
  virtual ~Scheduler() = default;
  virtual void After(Millis delay, std::move_only_function<void()> task) = 0;  // any thread
};

// "2026-11-22T20:22:51.123Z" (RFC 3339).
std::string FormatTime(Timestamp time);

// Accepts RFC 3339 with any offset and 0..9 fraction digits (cut to milliseconds).
// kMalformed: anything else.
Result<Timestamp> ParseTime(std::string_view text);

inline std::int64_t ToMillis(Timestamp time) {
  return time.time_since_epoch().count();
}
inline Timestamp FromMillis(std::int64_t millis) {
  return Timestamp(Millis(millis));
}

}  // namespace obolus::base
