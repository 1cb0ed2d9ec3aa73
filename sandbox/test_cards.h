// The test cards of the sandbox and what its processor does with each. The processor sees masked
// data only, so a card is recognised by its first six and last four digits; a card that is not
// listed is paid. The cards of the bank's behaviours (acs_behaviours.h) come last. Shown by
// `obolus-sandbox cards` and the demo shop. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sandbox/acs_behaviours.h"

namespace obolus::sandbox {

enum class CardBehaviour {
  kPay,
  kDecline,
  kChallenge,             // 3-D Secure challenge, then paid
  kChallengeThenDecline,  // 3-D Secure challenge, then declined all the same
};

struct TestCard {
  std::string_view number;   // digits only
  std::string_view network;  // as in CardSessionCreated: "VISA"
  CardBehaviour behaviour;
  std::string_view classifier;  // the failure reason's, when it declines
  std::string_view story;       // one short sentence for people
  const AcsBehaviour* acs =
      nullptr;  // with kChallenge: what the bank does; null: the shopper chooses

  std::string_view first_six() const { return number.substr(0, 6); }
  std::string_view last_four() const { return number.substr(number.size() - 4); }
};

std::span<const TestCard> TestCards();

// As printed on the card: groups of four, 4-6-5 with 15 digits.
std::string GroupedNumber(std::string_view number);

// Null when no test card has these digits.
const TestCard* FindTestCard(std::string_view first_six, std::string_view last_four);

}  // namespace obolus::sandbox
