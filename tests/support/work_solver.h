// Solves proofs of work as a browser would: the least counter of each part. For tests and for the
// attackers of the simulation, on any thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "domain/proof_of_work.h"

namespace obolus::testing {

inline std::vector<std::uint32_t> Solve(const domain::WorkOrder& order, std::string_view seed) {
  std::vector<std::uint32_t> counters;
  for (int part = 0; part < order.parts; ++part) {
    std::array<std::uint8_t, 37> message{};
    std::ranges::copy(base::Sha256(base::AsBytes(seed)), message.begin());
    message[32] = static_cast<std::uint8_t>(part);
    for (std::uint32_t counter = 0;; ++counter) {
      for (std::size_t i = 0; i < 4; ++i) {
        message[33 + i] = static_cast<std::uint8_t>(counter >> (24 - 8 * i));
      }
      const auto digest = base::Sha256(message);
      int bit = 0;
      while (bit < order.bits &&
             ((digest[static_cast<std::size_t>(bit / 8)] << (bit % 8)) & 0x80) == 0)
        ++bit;
      if (bit < order.bits) continue;
      counters.push_back(counter);
      break;
    }
  }
  return counters;
}

}  // namespace obolus::testing
