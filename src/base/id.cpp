#include "base/id.h"

#include <algorithm>

#include "base/crypto.h"

namespace obolus::base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

// Random bytes of a thread, fetched for many ids at once: a call of OpenSSL's generator takes as
// long for one id as for forty. Only for ids, which nobody takes for a secret.
void FillFromPool(Uuid& id) {
  struct Pool {
    std::array<std::uint8_t, 1024> bytes;
    std::size_t used = sizeof bytes;
  };
  thread_local Pool pool;
  if (pool.used == pool.bytes.size()) {
    FillRandom(pool.bytes);
    pool.used = 0;
  }
  std::copy_n(pool.bytes.begin() + static_cast<std::ptrdiff_t>(pool.used), id.bytes.size(),
              id.bytes.begin());
  pool.used += id.bytes.size();
}

void MarkAsUuid4(Uuid& id) {
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsDash(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

}  // namespace

std::string ToString(const Uuid& id) {
  std::string text;
  text.resize(36);
  char* out = text.data();
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kHex[id.bytes[i] >> 4];
    *out++ = kHex[id.bytes[i] & 0x0f];
  }
  return text;
}

Result<Uuid> ParseUuid(std::string_view text) {
  const auto bad = [] { return Fail(ErrorCode::kMalformed, "not a UUID"); };
  if (text.size() != 36) return bad();
  Uuid id;
  std::size_t nibble = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsDash(at)) {
      if (text[at] != '-') return bad();
      continue;
    }
    const int value = HexValue(text[at]);
    if (value < 0) return bad();
    auto& byte = id.bytes[nibble / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
    ++nibble;
  }
  return id;
}

Uuid RandomIdSource::NewUuid() {
  Uuid id;
  FillFromPool(id);
  MarkAsUuid4(id);
  return id;
}

Uuid RandomIdSource::NewOrderedUuid(Timestamp now) {
  Uuid id;
  FillFromPool(id);
  std::uint64_t ordered = 0;
  {
    // A clock that stands still or goes back only moves the counter on, so ids never repeat or
    // fall.
    std::lock_guard lock(mutex_);
    ordered = std::max(static_cast<std::uint64_t>(ToMillis(now)) << 12, last_ordered_ + 1);
    last_ordered_ = ordered;
  }
  const std::uint64_t millis = ordered >> 12;
  for (std::size_t i = 0; i < 6; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
  }
  id.bytes[6] = static_cast<std::uint8_t>(ordered >> 8 & 0x0f);
  id.bytes[7] = static_cast<std::uint8_t>(ordered);
  MarkAsUuid4(id);
  return id;
}

std::uint64_t RandomIdSource::NewRandom() {
  std::array<std::uint8_t, 8> bytes{};
  FillRandom(bytes);
  std::uint64_t value = 0;
  for (std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace obolus::base
