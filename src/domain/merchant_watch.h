// Whether what one merchant's shoppers do looks like card testing: most cards of late were refused,
// or far more cards come than are usual. Neither says which shopper is the attacker, so it never
// refuses anybody; it raises what a submission costs (domain/proof_of_work). Pure and not locked;
// app/card_testing keeps one for each merchant and one for all together.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace obolus::domain {

enum class Suspicion : std::uint8_t { kNone, kSome, kStrong };

struct WatchRules {
  double least_refused = 10;   // fewer say nothing; 0: refusals are not looked at
  double refused_share = 0.5;  // of the cards whose fate is known; strong from there on
  double some_share = 0.35;
  double rush_factor = 3;            // times the usual rate; 0: rates are not looked at
  double rush_per_s = 1;             // and this much above it
  base::Millis rush_lasts{300'000};  // from its last moment on
  base::Millis memory{600'000};      // half of what is older counts no more
  base::Millis moment{10'000};       // over which the present rate is taken
  base::Millis usual{3'600'000};     // over which the usual one is
};

class MerchantWatch {
 public:
  void Submitted(const WatchRules& rules, base::Timestamp now);
  void Refused(const WatchRules& rules, base::Timestamp now);  // by a check, a limit, the processor
  void Approved(const WatchRules& rules, base::Timestamp now);  // by the processor

  Suspicion Look(const WatchRules& rules, base::Timestamp now) const;
  base::Timestamp last_seen() const { return last_seen_; }

 private:
  // A sum in which older things count less and less.
  struct Fading {
    double sum = 0;
    base::Timestamp at;

    double At(base::Timestamp now, base::Millis time) const;
    void Add(double amount, base::Timestamp now, base::Millis time);
  };

  bool IsAboveUsual(const WatchRules& rules, base::Timestamp now) const;

  Fading refused_, approved_, moment_, usual_;
  base::Timestamp first_seen_, last_seen_, last_rush_;
};

}  // namespace obolus::domain
