#include "domain/leak_table.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <span>

namespace obolus::domain {
namespace {

constexpr double kMillisPerHour = 3'600'000;
constexpr std::chrono::seconds kLongestWait{86'400};

// 0 marks a free place.
Tag Named(Tag tag) {
  return tag == 0 ? 1 : tag;
}

}  // namespace

LeakTable::LeakTable(std::size_t places, Rate rate, double lowest)
    : rate_(rate),
      lowest_(std::min(lowest, 0.0)),
      places_(std::bit_ceil(std::max(places, kWays))) {}

double LeakTable::Leaked(const Place& place, base::Timestamp now) const {
  // A clock that was set back leaks nothing, and takes nothing back.
  const double passed = std::max<double>(0, static_cast<double>((now - place.at).count()));
  const double leak = passed / kMillisPerHour * rate_.per_hour;
  return place.level > 0 ? std::max(0.0, place.level - leak) : std::min(0.0, place.level + leak);
}

const LeakTable::Place* LeakTable::Find(Tag tag) const {
  const std::size_t first = Named(tag) % (places_.size() / kWays) * kWays;
  const auto set = std::span(places_).subspan(first, kWays);
  const auto found = std::ranges::find(set, Named(tag), &Place::tag);
  return found == set.end() ? nullptr : &*found;
}

double LeakTable::LevelOf(Tag tag, base::Timestamp now) const {
  const Place* place = Find(tag);
  return place == nullptr ? 0 : Leaked(*place, now);
}

double LeakTable::Add(Tag tag, double amount, base::Timestamp now) {
  const std::size_t first = Named(tag) % (places_.size() / kWays) * kWays;
  const auto set = std::span(places_).subspan(first, kWays);
  auto place = std::ranges::find(set, Named(tag), &Place::tag);
  if (place == set.end()) {
    // Credit is worth keeping, but a debt more so: who owes nothing goes first.
    place = std::ranges::min_element(set, {}, [&](const Place& one) {
      return one.tag == 0 ? -1.0 : std::max(0.0, Leaked(one, now));
    });
    *place = {Named(tag), 0, now};
  }
  place->level = std::max(lowest_, Leaked(*place, now) + amount);
  place->at = std::max(place->at, now);
  return place->level;
}

bool LeakTable::Admits(Tag tag, double amount, base::Timestamp now) const {
  return rate_.burst <= 0 || LevelOf(tag, now) + amount <= rate_.burst;
}

std::chrono::seconds LeakTable::WaitFor(Tag tag, double amount, base::Timestamp now) const {
  if (Admits(tag, amount, now)) return std::chrono::seconds(0);
  const double over = LevelOf(tag, now) + amount - rate_.burst;
  if (rate_.per_hour <= 0) return kLongestWait;
  const double seconds = std::ceil(over / rate_.per_hour * 3600);
  if (seconds >= static_cast<double>(kLongestWait.count())) return kLongestWait;
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

std::size_t LeakTable::size() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(places_, [](const Place& place) { return place.tag != 0; }));
}

}  // namespace obolus::domain
