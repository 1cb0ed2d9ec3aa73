#include "app/forward_limits.h"

namespace obolus::app {
namespace {

constexpr std::size_t kMostNames = 10'000;

}  // namespace

std::optional<std::chrono::seconds> ForwardLimits::Admit(const std::string& caller,
                                                         const std::string& card_id,
                                                         base::Timestamp now) {
  const std::lock_guard lock(mutex_);
  const auto wait = Count(callers_, caller, options_.per_caller_per_s, base::Millis(1'000), now);
  if (wait) return wait;
  return Count(cards_, card_id, options_.per_card_per_h, std::chrono::hours(1), now);
}

std::optional<std::chrono::seconds> ForwardLimits::Count(Windows& windows, const std::string& name,
                                                         int most, base::Millis length,
                                                         base::Timestamp now) {
  const auto is_over = [&](const Window& window) {
    return now >= window.begun + length || now < window.begun;
  };
  if (windows.size() >= kMostNames && !windows.contains(name)) {
    std::erase_if(windows, [&](const auto& entry) { return is_over(entry.second); });
    if (windows.size() >= kMostNames) windows.erase(windows.begin());
  }
  Window& window = windows[name];
  if (is_over(window)) window = {now, 0};
  if (window.calls >= most) {
    return std::chrono::ceil<std::chrono::seconds>(window.begun + length - now);
  }
  ++window.calls;
  return std::nullopt;
}

}  // namespace obolus::app
