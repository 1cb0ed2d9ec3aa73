// How much of something each of very many counted things has had lately: a level that grows with
// what is added and leaks away with time, so that one number says both how fast and how long. The
// table never grows. When a place is needed, the lowest level of a set of eight goes, so nobody can
// push out his own level by coming as others: each of the others has to stand higher than it. Pure
// and not locked; app/card_testing owns the tables and their lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace obolus::domain {

// Of what is counted: the first bytes of a keyed hash, so that nobody outside chooses its set.
using Tag = std::uint64_t;

// burst 0: not limited.
struct Rate {
  double burst = 0;     // a level beyond it is too much
  double per_hour = 0;  // leaks

  bool operator==(const Rate&) const = default;
};

class LeakTable {
 public:
  // `places` is rounded up to a power of two, at least eight; 24 bytes each. A level does not fall
  // below `lowest`, which is 0 or less: what it is below 0 leaks as well, towards 0.
  LeakTable(std::size_t places, Rate rate, double lowest = 0);

  double LevelOf(Tag tag, base::Timestamp now) const;
  // The level after it.
  double Add(Tag tag, double amount, base::Timestamp now);
  // Whether `amount` more would stay within the burst.
  bool Admits(Tag tag, double amount, base::Timestamp now) const;
  // Until it does; 0: now.
  std::chrono::seconds WaitFor(Tag tag, double amount, base::Timestamp now) const;

  const Rate& rate() const { return rate_; }
  std::size_t size() const;  // places in use

 private:
  struct Place {
    Tag tag = 0;  // 0: free
    double level = 0;
    base::Timestamp at;
  };
  static constexpr std::size_t kWays = 8;

  double Leaked(const Place& place, base::Timestamp now) const;
  const Place* Find(Tag tag) const;

  Rate rate_;
  double lowest_;
  std::vector<Place> places_;
};

}  // namespace obolus::domain
