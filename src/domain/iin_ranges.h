// Which leading digits belong to which card network, and how long that network's numbers are
// (ISO/IEC 7812-1: the first 6 or 8 digits are the issuer identification number). Constant data
// from the networks' public tables, used by domain/card alone; a new range is one new row. Any
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "domain/card.h"

namespace obolus::domain {

// All numbers whose first `digits` digits are `low` to `high`, both included.
struct IinRange {
  std::uint32_t low;
  std::uint32_t high;
  std::size_t digits;  // 1..8, of both ends
  CardNetwork network;
};

// In no order; where two overlap, the one with more digits decides.
std::span<const IinRange> IinRanges();

// The lengths of card numbers that the network issues, ascending.
std::span<const std::size_t> NumberLengths(CardNetwork network);

}  // namespace obolus::domain
