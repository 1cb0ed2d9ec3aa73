// A simulated town in which honest people pay and somebody tests cards: the real use cases with the
// real limits on a stand, a clock that jumps from one thing to the next, and a Commerce whose
// processor approves cards or does not, seconds or a challenge later. The same seed gives the same
// town. One thread; used by campaign.cpp.
#pragma once

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>

#include "app/hear_outcomes.h"
#include "http/client_address.h"
#include "support/app_stand.h"
#include "support/test_cards.h"

namespace obolus::card_testing {

using base::Millis;
using std::chrono::seconds;

// What somebody submits, and how the world answers.
struct Payment {
  std::string merchant;
  net::HttpRequest request;  // its peer and headers say from where
  std::string pan;
  std::string code = "123";
  bool solves = true;       // its program can do proofs of work
  bool is_good = true;      // the processor approves the card
  bool challenged = false;  // the bank asks first, which takes a while
};

enum class Answer { kTaken, kRefused, kWait };

struct Attempt {
  Answer answer = Answer::kTaken;
  seconds retry_after{0};
  bool stepped_up = false;  // work was asked for
};

class Town {
 public:
  Town(std::uint64_t seed, const app::LimitRules& rules);
  ~Town() { stand_.store.Close(); }  // before what its listener refers to

  std::mt19937_64& random() { return random_; }
  double Chance() { return std::uniform_real_distribution<>()(random_); }
  base::Timestamp now() const { return stand_.clock.Now(); }

  void After(Millis delay, std::function<void()> what);
  void Run();  // until nothing is left to happen

  // Opens a session at the merchant's Commerce; its key.
  std::string Open(const std::string& merchant);
  // Looks at the state, does the work that it asks for if it can, and submits. A card that is taken
  // is charged in a while. A digit wrong in `pan` is what our own checks find.
  Attempt Submit(const std::string& key, const Payment& payment);

 private:
  void Charge(const std::string& terminal_id, const Payment& payment);

  std::mt19937_64 random_;
  testing::AppStand stand_;
  app::CardTesting limits_;
  http::TrustedProxies proxies_;
  std::multimap<base::Timestamp, std::function<void()>> agenda_;
  std::int64_t submitted_ = 0, events_ = 0;
};

}  // namespace obolus::card_testing
