#include "card_testing/crowd.h"

#include <cmath>

namespace obolus::card_testing {
namespace {

constexpr int kRanges = 2000;
constexpr int kShops = 20;
constexpr double kAtAttackedShop = 0.25;
constexpr double kDeclined = 0.12;
constexpr double kChallenged = 0.25;
constexpr double kMistyping = 0.05;
constexpr seconds kPatience{840};  // sessions last 900
constexpr Millis kSaleTakes{300'000};

std::string V4(unsigned number) {
  return std::to_string(11 + number / 16'777'216) + "." + std::to_string(number / 65'536 % 256) +
         "." + std::to_string(number / 256 % 256) + "." + std::to_string(number % 256);
}

}  // namespace

Crowd::Crowd(Town& town, int people, Millis during) : town_(town) {
  for (int i = 0; i < kRanges; ++i) {
    ranges_.push_back(std::to_string((i % 2 == 0 ? 40'000'000 : 51'000'000) +
                                     static_cast<int>(town.random()() % 1'000'000)));
  }
  for (int i = 0; i < kShops; ++i) {
    shops_.push_back("https://shop" + std::to_string(i) + ".example");
  }
  const auto when = [&](Millis from, Millis takes) {
    return from +
           Millis(static_cast<std::int64_t>(town.Chance() * static_cast<double>(takes.count())));
  };
  for (int i = 0; i < people; ++i) {
    if (i % 10 == 0) {
      town.After(when(during / 2, kSaleTakes), [this] { Come(kSaleShop); });
      continue;
    }
    const bool attacked = town.Chance() < kAtAttackedShop;
    const std::string shop = attacked ? kAttackedShop : shops_[town.random()() % kShops];
    town.After(when(Millis(0), during), [this, shop] { Come(shop); });
  }
}

// Four in ten behind forty addresses of carriers, two in ten behind thirty of offices.
std::string Crowd::Address() {
  const double kind = town_.Chance();
  const auto number = static_cast<unsigned>(town_.random()());
  if (kind < 0.4) return V4(3 * 65'536 + number % 40 * 300);
  if (kind < 0.6) return V4(4 * 65'536 + number % 30 * 300);
  if (kind < 0.7) {
    return "2001:db8:" + std::to_string(number % 5000) + ":" + std::to_string(number % 7) + "::1";
  }
  return V4(5 * 65'536 + number % 5'000'000);
}

// Banks have very different numbers of customers.
std::string Crowd::Pan() {
  const double at = std::pow(town_.Chance(), 2.0) * kRanges;
  return testing::PanOf(ranges_[static_cast<std::size_t>(at)], town_.random()() % 10'000'000);
}

void Crowd::Come(const std::string& shop) {
  auto person = std::make_shared<Person>();
  person->payment = {.merchant = shop,
                     .request = {},
                     .pan = Pan(),
                     .is_good = town_.Chance() >= kDeclined,
                     .challenged = town_.Chance() < kChallenged};
  person->payment.request.peer.address = Address();
  if (town_.Chance() < kMistyping) person->mistypes = 1 + static_cast<int>(town_.random()() % 4);
  person->key = town_.Open(shop);
  person->gives_up = town_.now() + kPatience;
  ++figures_.people;
  Pay(person);
}

void Crowd::Pay(const std::shared_ptr<Person>& person) {
  Payment payment = person->payment;
  const bool mistyped = person->mistypes > 0;
  if (mistyped) payment.pan.back() = payment.pan.back() == '0' ? '1' : '0';
  const Attempt attempt = town_.Submit(person->key, payment);
  if (attempt.stepped_up && !person->stepped_up) {
    person->stepped_up = true;
    ++figures_.stepped_up;
  }
  if (attempt.answer == Answer::kTaken) {
    if (person->waited) ++figures_.waited;
    return;
  }
  if (attempt.answer == Answer::kRefused && mistyped) {
    --person->mistypes;
  } else if (attempt.answer == Answer::kRefused && ++person->refused > 2) {
    ++figures_.blocked;  // their card is good for us, and is not taken
    return;
  } else {
    person->waited = true;
  }
  const Millis pause = std::max<Millis>(attempt.retry_after, seconds(5)) + Millis(500);
  if (town_.now() + pause > person->gives_up) {
    ++figures_.blocked;
    return;
  }
  town_.After(pause, [this, person] { Pay(person); });
}

}  // namespace obolus::card_testing
