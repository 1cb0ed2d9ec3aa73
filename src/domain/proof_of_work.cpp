#include "domain/proof_of_work.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/crypto.h"

namespace obolus::domain {
namespace {

int LeadingZeroes(const base::Sha256Digest& digest) {
  int zeroes = 0;
  for (const std::uint8_t byte : digest) {
    zeroes += std::countl_zero(byte);
    if (byte != 0) break;
  }
  return zeroes;
}

}  // namespace

bool IsSolved(const WorkOrder& order, std::string_view seed,
              std::span<const std::uint32_t> counters) {
  if (order.parts < 1 || order.parts > kMostWorkParts ||
      counters.size() != static_cast<std::size_t>(order.parts)) {
    return false;
  }
  std::array<std::uint8_t, 37> message{};
  std::ranges::copy(base::Sha256(base::AsBytes(seed)), message.begin());
  for (std::size_t part = 0; part < counters.size(); ++part) {
    message[32] = static_cast<std::uint8_t>(part);
    for (std::size_t i = 0; i < 4; ++i) {
      message[33 + i] = static_cast<std::uint8_t>(counters[part] >> (24 - 8 * i));
    }
    if (LeadingZeroes(base::Sha256(message)) < order.bits) return false;
  }
  return true;
}

}  // namespace obolus::domain
