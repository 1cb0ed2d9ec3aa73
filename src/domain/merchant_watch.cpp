#include "domain/merchant_watch.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace obolus::domain {
namespace {

// An attack that goes on for long must not become what is usual; a shop that grows may, in days.
constexpr double kRushCounts = 0.1;

double Seconds(base::Millis time) {
  return static_cast<double>(time.count()) / 1000;
}

// From the half-life to the time in which a sum falls to 1/e.
base::Millis FadingTime(const WatchRules& rules) {
  return base::Millis(std::lround(static_cast<double>(rules.memory.count()) / std::numbers::ln2));
}

// A rate that was watched for a shorter time than it is taken over must not look low: a program
// that has just started knows nothing unusual yet.
double RateOf(double sum, base::Millis time, base::Millis watched) {
  const double share = 1 - std::exp(-Seconds(watched) / Seconds(time));
  return sum / (Seconds(time) * share);
}

}  // namespace

double MerchantWatch::Fading::At(base::Timestamp now, base::Millis time) const {
  return sum * std::exp(-std::max(0.0, Seconds(now - at)) / Seconds(time));
}

void MerchantWatch::Fading::Add(double amount, base::Timestamp now, base::Millis time) {
  sum = At(now, time) + amount;
  at = std::max(at, now);
}

void MerchantWatch::Submitted(const WatchRules& rules, base::Timestamp now) {
  if (last_seen_ == base::Timestamp{}) first_seen_ = now;
  last_seen_ = now;
  moment_.Add(1, now, rules.moment);
  if (IsAboveUsual(rules, now)) last_rush_ = now;
  const bool rushes = now - last_rush_ < rules.rush_lasts;
  usual_.Add(rushes ? kRushCounts : 1, now, rules.usual);
}

void MerchantWatch::Refused(const WatchRules& rules, base::Timestamp now) {
  refused_.Add(1, now, FadingTime(rules));
}

void MerchantWatch::Approved(const WatchRules& rules, base::Timestamp now) {
  approved_.Add(1, now, FadingTime(rules));
}

Suspicion MerchantWatch::Look(const WatchRules& rules, base::Timestamp now) const {
  const base::Millis memory = FadingTime(rules);
  const double refused = refused_.At(now, memory);
  const double known = refused + approved_.At(now, memory);
  Suspicion suspicion = Suspicion::kNone;
  if (rules.least_refused > 0 && refused >= rules.least_refused) {
    if (refused >= rules.refused_share * known) return Suspicion::kStrong;
    if (refused >= rules.some_share * known) suspicion = Suspicion::kSome;
  }
  // An attacker who slows down a little must not be let through at once.
  return now - last_rush_ < rules.rush_lasts ? Suspicion::kSome : suspicion;
}

bool MerchantWatch::IsAboveUsual(const WatchRules& rules, base::Timestamp now) const {
  const base::Millis watched = now - first_seen_;
  if (rules.rush_factor <= 0 || watched < rules.moment) return false;
  const double present = moment_.At(now, rules.moment) / Seconds(rules.moment);
  const double usual = RateOf(usual_.At(now, rules.usual), rules.usual, watched);
  return present > rules.rush_factor * usual + rules.rush_per_s;
}

}  // namespace obolus::domain
