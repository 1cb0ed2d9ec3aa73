#include "sandbox/test_cards.h"

#include <array>
#include <vector>

namespace obolus::sandbox {
namespace {

using enum CardBehaviour;

// The numbers that payment developers know by heart; all pass the Luhn check.
constexpr std::array kCards = {
    TestCard{"4242424242424242", "VISA", kPay, "", "Paid without a challenge"},
    TestCard{"4000000000003220", "VISA", kChallenge, "",
             "The bank asks for a 3-D Secure challenge"},
    TestCard{"4000000000000002", "VISA", kDecline, "DECLINED", "Declined by the processor"},
    TestCard{"4000000000009995", "VISA", kDecline, "INSUFFICIENT_FUNDS",
             "Declined: insufficient funds"},
    TestCard{"4000008400001629", "VISA", kChallengeThenDecline, "DECLINED",
             "Challenge, then declined by the processor"},
    TestCard{"5555555555554444", "MASTERCARD", kPay, "", "Paid without a challenge"},
    TestCard{"378282246310005", "AMERICAN_EXPRESS", kPay, "", "Paid; security code of 4 digits"},
    TestCard{"6011111111111117", "DISCOVER", kPay, "", "Paid without a challenge"},
    TestCard{"3530111333300000", "JCB", kPay, "", "Paid without a challenge"},
};

}  // namespace

std::span<const TestCard> TestCards() {
  static const std::vector<TestCard> kAll = [] {
    std::vector<TestCard> all(kCards.begin(), kCards.end());
    for (const auto& behaviour : AcsBehaviours()) {
      all.push_back({behaviour.card, "VISA", kChallenge, "", behaviour.story, &behaviour});
    }
    return all;
  }();
  return kAll;
}

std::string GroupedNumber(std::string_view number) {
  std::string out;
  for (std::size_t i = 0; i < number.size(); ++i) {
    const bool gap = number.size() == 15 ? i == 4 || i == 10 : i > 0 && i % 4 == 0;
    if (gap) out += ' ';
    out += number[i];
  }
  return out;
}

const TestCard* FindTestCard(std::string_view first_six, std::string_view last_four) {
  for (const auto& card : TestCards()) {
    if (card.first_six() == first_six && card.last_four() == last_four) return &card;
  }
  return nullptr;
}

}  // namespace obolus::sandbox
