// Work that a browser does before its card is looked at, when there is reason to suspect a program:
// for each of some parts, a counter so that SHA-256(SHA-256(seed) || part || counter) begins with
// enough zero bits. Several small parts instead of a large one make the time even: nobody waits
// long by bad luck. Pure; app/work_orders makes and signs the seeds, the card frame solves them
// (web/src/frame/proof_of_work.ts).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace obolus::domain {

inline constexpr int kFewestWorkBits = 4;
inline constexpr int kMostWorkBits = 20;
inline constexpr int kMostWorkParts = 32;

struct WorkOrder {
  int bits = 0;   // leading zeroes, of each part
  int parts = 0;  // about parts * 2^bits hashes in all
};

// One counter for each part, in order. Costs one hash more than there are parts.
bool IsSolved(const WorkOrder& order, std::string_view seed,
              std::span<const std::uint32_t> counters);

}  // namespace obolus::domain
