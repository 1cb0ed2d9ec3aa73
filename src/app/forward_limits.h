// How often cards may be forwarded: so many calls a second of one caller, so many an hour of one
// card. In this process's memory, bounded; what is forgotten is forgotten in the caller's favour.
// Any thread.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace obolus::app {

struct ForwardLimitOptions {
  int per_caller_per_s = 50;
  int per_card_per_h = 20;
};

class ForwardLimits {
 public:
  explicit ForwardLimits(ForwardLimitOptions options) : options_(options) {}

  // Counts this call. Nothing: it may be made; else how long to wait.
  std::optional<std::chrono::seconds> Admit(const std::string& caller, const std::string& card_id,
                                            base::Timestamp now);

 private:
  struct Window {
    base::Timestamp begun;
    int calls = 0;
  };
  using Windows = std::map<std::string, Window>;

  static std::optional<std::chrono::seconds> Count(Windows& windows, const std::string& name,
                                                   int most, base::Millis length,
                                                   base::Timestamp now);

  const ForwardLimitOptions options_;
  std::mutex mutex_;
  Windows callers_, cards_;  // under mutex_
};

}  // namespace obolus::app
