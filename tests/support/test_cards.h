// Card numbers that pass our own checks, made from a range and a running number, as those who test
// cards make them. Nobody's cards: only for tests and the simulated attack. Pure.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "domain/card.h"

namespace obolus::testing {

// With its check digit (ISO/IEC 7812-1 annex B); 16 digits.
inline std::string PanOf(std::string_view range, std::uint64_t number) {
  const std::string digits = std::to_string(number);
  const std::string pan =
      std::string(range) + std::string(15 - range.size() - digits.size(), '0') + digits;
  for (char digit = '0'; digit <= '9'; ++digit) {
    if (domain::PassesLuhn(pan + digit)) return pan + digit;
  }
  return pan;
}

// Of many ranges; the same for the same seed.
inline std::string RandomPan(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto range = (random() % 2 == 0 ? 40'000'000 : 51'000'000) + random() % 1'000'000;
  return PanOf(std::to_string(range), random() % 10'000'000);
}

inline domain::Card CardOf(const std::string& pan) {
  return {.account_number = base::SecretBytes(std::string_view(pan)),
          .security_code = base::SecretBytes(std::string_view("123")),
          .cardholder_name = {},
          .expiry_month = 7,
          .expiry_year = 2031,
          .network = domain::CardNetwork::kVisa};
}

}  // namespace obolus::testing
