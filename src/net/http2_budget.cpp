#include "net/http2_budget.h"

#include <algorithm>

namespace obolus::net {

void Http2Budget::Earn(int points) {
  points_ = std::min(points_ + points, kMost);
}

void Http2Budget::EarnBytes(std::size_t bytes) {
  bytes_ += std::min(bytes, std::size_t{kBytesAPoint} * kMost);
  Earn(static_cast<int>(bytes_ / kBytesAPoint));
  bytes_ %= kBytesAPoint;
}

void Http2Budget::Fill(SteadyTime now) {
  using std::chrono::milliseconds;
  const auto passed = std::min(std::chrono::duration_cast<milliseconds>(now - filled_),
                               milliseconds(1000 * kMost / kPerSecond));
  const auto points = passed.count() * kPerSecond / 1000;
  if (points <= 0) return;
  Earn(static_cast<int>(points));
  // What is left of a point is not lost, however often this is called.
  filled_ = now - (passed - milliseconds(points * 1000 / kPerSecond));
}

}  // namespace obolus::net
