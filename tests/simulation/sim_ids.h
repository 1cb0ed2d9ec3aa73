// Ids of one process, drawn from the seed: ordered ones grow with its wall clock and never fall, as
// base/id's do. One thread.
#pragma once

#include <algorithm>

#include "base/id.h"
#include "simulation/random.h"

namespace obolus::simulation {

class SimIds final : public base::IdSource {
 public:
  explicit SimIds(std::uint64_t seed) : random_(seed) {}

  base::Uuid NewUuid() override { return Of(random_.Next(), random_.Next()); }
  base::Uuid NewOrderedUuid(base::Timestamp now) override {
    last_ = std::max(static_cast<std::uint64_t>(base::ToMillis(now)) << 16, last_ + 1);
    return Of(last_, random_.Next());
  }
  std::uint64_t NewRandom() override { return random_.Next(); }

 private:
  static base::Uuid Of(std::uint64_t high, std::uint64_t low) {
    base::Uuid id;
    for (std::size_t i = 0; i < 8; ++i) {
      id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
      id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return id;
  }

  Random random_;
  std::uint64_t last_ = 0;
};

}  // namespace obolus::simulation
