// Those who test cards in the town, each by a plan of his own: how many addresses, which cards, how
// fast, and whether his program does proofs of work. An attacker goes on for each card until it was
// taken or he was turned away as often as is worth his while. One thread; used by campaign.cpp.
#pragma once

#include <functional>
#include <string>

#include "card_testing/crowd.h"
#include "card_testing/town.h"

namespace obolus::card_testing {

struct Plan {
  std::string name;
  int cards = 10'000;  // submissions that he wants to make
  Millis apart{100};   // between one and the next
  bool solves = false;
  double good_share = 0.02;                   // of his cards that a processor approves
  int tries = 2;                              // of each, when he is told to wait
  bool held_to_target = true;                 // or only measured: what is not stopped by design
  bool outcomes = true;                       // whether Commerce says how payments end
  std::function<std::string(int)> address;    // of the n-th
  std::function<std::string(int)> forwarded;  // X-Forwarded-For that he sends, if any
  std::function<std::string(Town&, const Crowd&, int)> pan;
  std::function<std::string(int)> code = [](int) { return "123"; };
};

struct AttackFigures {
  int tried = 0;
  int reached = 0;  // the vault has them, so the processor was asked
  int proofs = 0;   // worked for
};

class Attack {
 public:
  Attack(Town& town, const Crowd& crowd, Plan plan, Millis begins);
  const AttackFigures& figures() const { return figures_; }

 private:
  void Next(int number);
  void Try(const Payment& payment, int tries_left);

  Town& town_;
  const Crowd& crowd_;
  const Plan plan_;
  AttackFigures figures_;
};

// Every plan that the campaign knows.
std::vector<Plan> Plans();

}  // namespace obolus::card_testing
