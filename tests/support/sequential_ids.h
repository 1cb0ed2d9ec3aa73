// Ids that count up, so that a failing test fails the same way again. Ordered ids and random ids
// never meet: they differ in their first byte. Any thread.
#pragma once

#include <atomic>

#include "base/id.h"

namespace obolus::testing {

class SequentialIds final : public base::IdSource {
 public:
  base::Uuid NewUuid() override { return Numbered(0xf0, ++last_); }
  base::Uuid NewOrderedUuid(base::Timestamp) override { return Numbered(0x01, ++last_); }
  // Weyl sequence: every value differs, and the low bits move too.
  std::uint64_t NewRandom() override { return (random_ += 0x9e37'79b9'7f4a'7c15); }

 private:
  static base::Uuid Numbered(std::uint8_t first, std::uint64_t number) {
    base::Uuid id;
    id.bytes[0] = first;
    for (std::size_t i = 0; i < 8; ++i) {
      id.bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return id;
  }

  std::atomic<std::uint64_t> last_ = 0;
  std::atomic<std::uint64_t> random_ = 0;
};

}  // namespace obolus::testing
