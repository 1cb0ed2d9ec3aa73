#include "card_testing/attack.h"

namespace obolus::card_testing {
namespace {

using Text = std::string;

// One of ten thousand homes whose devices somebody else controls, each in another network.
Text Bot(int number) {
  const int bot = number % 10'000;
  return "17" + std::to_string(bot % 10) + "." + std::to_string(bot / 10 % 250) + "." +
         std::to_string(bot / 2500 * 7 + 1) + "." + std::to_string(bot * 37 % 250 + 1);
}

Text OneAddress(int) {
  return "198.51.100.66";
}

Text Mixed(Town& town, const Crowd& crowd, int) {
  const auto& ranges = crowd.ranges();
  return testing::PanOf(ranges[town.random()() % ranges.size()], town.random()() % 10'000'000);
}

Text Walk(Town&, const Crowd& crowd, int number) {
  return testing::PanOf(crowd.ranges()[700], 1'234'000 + static_cast<unsigned>(number));
}

Text OneRange(Town& town, const Crowd& crowd, int) {
  return testing::PanOf(crowd.ranges()[700], town.random()() % 10'000'000);
}

Plan Make(Text name, std::function<Text(int)> address,
          std::function<Text(Town&, const Crowd&, int)> pan) {
  Plan plan;
  plan.name = std::move(name);
  plan.address = std::move(address);
  plan.pan = std::move(pan);
  return plan;
}

std::vector<Plan> HeldToTarget() {
  std::vector<Plan> plans = {
      Make("one address, no proofs", OneAddress, Mixed),
      Make("one address, solves proofs", OneAddress, Mixed),
      Make("one address, forged X-Forwarded-For, solves", OneAddress, Mixed),
      Make(
          "an IPv6 /48, a new /64 each time, solves",
          [](int n) { return "2001:db8:bad:" + std::to_string(n % 9000) + "::1"; }, Mixed),
      Make("botnet of 10,000, no proofs", Bot, Mixed),
      Make("botnet, cards in sequence, solves", Bot, Walk),
      Make("botnet, cards of one range, solves", Bot, OneRange),
      Make("botnet, ten cards, every security code, solves", Bot,
           [](Town&, const Crowd& crowd, int n) {
             return testing::PanOf(crowd.ranges()[static_cast<std::size_t>(n % 10)], 77);
           }),
  };
  for (std::size_t i : {1, 2, 3, 5, 6, 7}) plans[i].solves = true;
  plans[2].forwarded = [](int n) { return Bot(n); };
  plans[7].code = [](int n) { return std::to_string(1000 + n / 10).substr(1); };
  return plans;
}

// What limits of this kind cannot stop; the figures say how far it gets.
std::vector<Plan> OnlyMeasured() {
  std::vector<Plan> plans = {
      Make("botnet, mixed ranges, solves", Bot, Mixed),
      Make("botnet, mixed ranges, no proofs, slow (a card a minute)", Bot, Mixed),
      Make("one address, no proofs, three in five cards good", OneAddress, Mixed),
      Make("one address, solves, Commerce tells no outcomes", OneAddress, Mixed),
  };
  plans[0].solves = plans[3].solves = true;
  plans[1].apart = Millis(60'000);
  plans[1].cards = 1000;
  plans[2].good_share = 0.6;
  plans[3].outcomes = false;
  for (Plan& plan : plans) plan.held_to_target = false;
  return plans;
}

}  // namespace

Attack::Attack(Town& town, const Crowd& crowd, Plan plan, Millis begins)
    : town_(town), crowd_(crowd), plan_(std::move(plan)) {
  town.After(begins, [this] { Next(0); });
}

void Attack::Next(int number) {
  if (number == plan_.cards) return;
  Payment payment{.merchant = kAttackedShop,
                  .request = {},
                  .pan = plan_.pan(town_, crowd_, number),
                  .code = plan_.code(number),
                  .solves = plan_.solves,
                  .is_good = town_.Chance() < plan_.good_share};
  payment.request.peer.address = plan_.address(number);
  if (plan_.forwarded) {
    payment.request.headers.Add("X-Forwarded-For", plan_.forwarded(number));
  }
  ++figures_.tried;
  Try(payment, plan_.tries);
  town_.After(plan_.apart, [this, number] { Next(number + 1); });
}

// In a session of its own each time: a shop's checkout gives as many as one likes.
void Attack::Try(const Payment& payment, int tries_left) {
  const Attempt attempt = town_.Submit(town_.Open(payment.merchant), payment);
  if (attempt.stepped_up && payment.solves) ++figures_.proofs;
  if (attempt.answer == Answer::kTaken) {
    ++figures_.reached;
  } else if (attempt.answer == Answer::kWait && tries_left > 1) {
    town_.After(attempt.retry_after, [this, payment, tries_left] { Try(payment, tries_left - 1); });
  }
}

std::vector<Plan> Plans() {
  std::vector<Plan> plans = HeldToTarget();
  for (Plan& plan : OnlyMeasured()) plans.push_back(std::move(plan));
  return plans;
}

}  // namespace obolus::card_testing
