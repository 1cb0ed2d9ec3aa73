// The simulation's only source of chance: xoshiro256** (Blackman and Vigna, public domain), filled
// from one seed by splitmix64. Nothing of <random> is used, because what its distributions give
// differs between libraries, and a seed must mean the same history everywhere. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace obolus::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e37'79b9'7f4a'7c15;
      std::uint64_t z = seed;
      z = (z ^ z >> 30) * 0xbf58'476d'1ce4'e5b9;
      z = (z ^ z >> 27) * 0x94d0'49bb'1331'11eb;
      word = z ^ z >> 31;
    }
  }

  std::uint64_t Next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 <= result < bound; bound > 0. The bias of the remainder is of no matter here.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  // Both ends included.
  std::int64_t Between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(Below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool Chance(int permille) { return Below(1000) < static_cast<std::uint64_t>(permille); }

  template <class List>
  const auto& Pick(const List& list) {
    return list[static_cast<std::size_t>(Below(list.size()))];
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace obolus::simulation
