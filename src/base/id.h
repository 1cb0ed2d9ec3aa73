// 128-bit identifiers in UUID text form (RFC 9562). Ordered ids begin with 48 bits of milliseconds
// and a counter, so that rows inserted together lie together: that is worth a factor of three in
// durable writes. They carry version nibble 4, because Commerce documents its ids as UUIDv4 and a
// strict peer would refuse 7; nothing of ours reads the nibble. Randomness is passed in as
// `IdSource`.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace obolus::base {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool IsNil() const { return *this == Uuid{}; }
};

// 36 lower-case characters.
std::string ToString(const Uuid& id);

// The 36-character form only, any case, any version. kMalformed otherwise.
Result<Uuid> ParseUuid(std::string_view text);

class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual Uuid NewUuid() = 0;                      // 122 random bits
  virtual Uuid NewOrderedUuid(Timestamp now) = 0;  // strictly increasing within one source
  virtual std::uint64_t NewRandom() = 0;           // for jitter
};

// From the operating system's generator, by way of OpenSSL. Any thread.
class RandomIdSource final : public IdSource {
 public:
  Uuid NewUuid() override;
  Uuid NewOrderedUuid(Timestamp now) override;
  std::uint64_t NewRandom() override;

 private:
  std::mutex mutex_;
  std::uint64_t last_ordered_ = 0;  // 48 bits of milliseconds, 12 bits of counter
};

}  // namespace obolus::base

template <>
struct std::hash<obolus::base::Uuid> {
  std::size_t operator()(const obolus::base::Uuid& id) const noexcept {
    std::uint64_t h = 14695981039346656037ULL;
    for (auto byte : id.bytes) h = (h ^ byte) * 1099511628211ULL;
    return static_cast<std::size_t>(h);
  }
};
