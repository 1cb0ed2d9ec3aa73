// How much of what costs us and brings a client nothing one HTTP/2 connection may do: resets,
// pings, settings, priorities, empty frames, headers in many pieces, windows opened by a byte. A
// bucket of points that fills by the second and by useful work, so that browsers never come near
// its end and floods (rapid reset, CVE-2023-44487; CONTINUATION, CVE-2024-27316; resets that a
// client makes us send, CVE-2025-8671) find it in a fraction of a second. Pure; one connection, one
// thread.
#pragma once

#include <chrono>
#include <cstddef>

namespace obolus::net {

class Http2Budget {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  static constexpr int kMost = 1000;  // to begin with, and never more
  static constexpr int kPerSecond = 100;
  static constexpr int kReset = 10;     // of a stream, by either side
  static constexpr int kSettings = 10;  // answered, and may rewrite every window
  static constexpr int kPing = 5;       // answered
  static constexpr int kSmall = 2;      // an empty or tiny piece of something
  static constexpr int kNote = 1;       // read and forgotten: priorities, windows, what is unknown
  static constexpr int kBytesAPoint = 1024;  // of bodies, either way, which earn it
  static constexpr int kAnswer = 4;          // earned by each

  explicit Http2Budget(SteadyTime now) : filled_(now) {}

  void Spend(int points) { points_ -= points; }
  void EarnBytes(std::size_t bytes);
  void EarnAnswer() { Earn(kAnswer); }
  void Fill(SteadyTime now);

  bool Overdrawn() const { return points_ < 0; }

 private:
  void Earn(int points);

  SteadyTime filled_;
  int points_ = kMost;
  std::size_t bytes_ = 0;  // of the next point
};

}  // namespace obolus::net
