// The honest people of the town: at home, in offices and behind the few addresses of mobile
// carriers; with cards of many banks, of which some are declined; some mistype, some are asked by
// their bank, many come at once when one shop has a sale. What they do depends on the seed only.
// One thread; used by campaign.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "card_testing/town.h"

namespace obolus::card_testing {

struct CrowdFigures {
  int people = 0;
  int blocked = 0;     // could not hand over a card within the time of their session
  int stepped_up = 0;  // their browser did some work
  int waited = 0;      // were told to wait, and then came through
};

inline constexpr char kAttackedShop[] = "https://attacked.example";
inline constexpr char kSaleShop[] = "https://sale.example";

class Crowd {
 public:
  // `people` come within `during`, a tenth of them to a sale of five minutes in the middle.
  Crowd(Town& town, int people, Millis during);

  // The first eight digits of many people's cards.
  const std::vector<std::string>& ranges() const { return ranges_; }
  const CrowdFigures& figures() const { return figures_; }

 private:
  struct Person {
    Payment payment;
    int mistypes = 0;
    std::string key;
    base::Timestamp gives_up;
    bool stepped_up = false, waited = false;
    int refused = 0;
  };
  void Come(const std::string& shop);
  void Pay(const std::shared_ptr<Person>& person);
  std::string Address();
  std::string Pan();

  Town& town_;
  std::vector<std::string> ranges_, shops_;
  CrowdFigures figures_;
};

}  // namespace obolus::card_testing
