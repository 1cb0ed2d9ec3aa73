#include "app/work_orders.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace obolus::app {
namespace {

constexpr base::Millis kGoodFor{120'000};
constexpr std::size_t kMostRemembered = 200'000;  // in one lifetime
constexpr std::uint8_t kVersion = 1;

// version, bits, parts, when it expires, nonce; then the signature.
constexpr std::size_t kExpiresAt = 3, kNonceAt = 11, kSignatureAt = 19;
constexpr std::size_t kSignatureBytes = 16;
using Plain = std::array<std::uint8_t, kSignatureAt + kSignatureBytes>;

void PutNumber(std::uint8_t* to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) *to++ = static_cast<std::uint8_t>(number >> shift);
}

std::uint64_t GetNumber(const std::uint8_t* from) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | from[i];
  return number;
}

void Sign(const base::SecretBytes& key, const domain::Session& session, Plain& plain) {
  std::array<std::uint8_t, kSignatureAt + 24> message{};
  std::copy_n(plain.begin(), kSignatureAt, message.begin());
  std::ranges::copy(session.id.bytes, message.begin() + kSignatureAt);
  PutNumber(message.data() + kSignatureAt + 16, static_cast<std::uint64_t>(session.version));
  const auto mac = base::HmacSha256(key.view(), message);
  std::copy_n(mac.begin(), kSignatureBytes, plain.begin() + kSignatureAt);
}

}  // namespace

WorkToDo WorkOrders::Make(const domain::Session& session, const domain::WorkOrder& order,
                          base::IdSource& ids, base::Timestamp now) const {
  Plain plain{};
  plain[0] = kVersion;
  plain[1] = static_cast<std::uint8_t>(order.bits);
  plain[2] = static_cast<std::uint8_t>(order.parts);
  PutNumber(plain.data() + kExpiresAt, static_cast<std::uint64_t>(base::ToMillis(now + kGoodFor)));
  PutNumber(plain.data() + kNonceAt, ids.NewRandom());
  Sign(key_, session, plain);
  return {order, base::EncodeBase64Url(plain)};
}

bool WorkOrders::Accept(const domain::Session& session, const WorkDone& done, base::Timestamp now) {
  const auto given = base::DecodeBase64Url(done.seed);
  if (!given || given->size() != sizeof(Plain) || given->front() != kVersion) return false;
  Plain plain{};
  std::copy_n(given->begin(), kSignatureAt, plain.begin());
  Sign(key_, session, plain);
  if (!base::ConstantTimeEqual(*given, plain)) return false;
  const auto expires =
      base::FromMillis(static_cast<std::int64_t>(GetNumber(plain.data() + kExpiresAt)));
  if (now >= expires || expires > now + 2 * kGoodFor) return false;
  const domain::WorkOrder order{.bits = plain[1], .parts = plain[2]};
  return domain::IsSolved(order, done.seed, done.counters) &&
         Remember(GetNumber(plain.data() + kNonceAt), now);
}

bool WorkOrders::Remember(std::uint64_t nonce, base::Timestamp now) {
  if (now - turned_at_ >= 2 * kGoodFor) {
    seen_before_ =
        now - turned_at_ >= 4 * kGoodFor ? std::unordered_set<std::uint64_t>() : std::move(seen_);
    seen_.clear();
    turned_at_ = now;
  }
  if (seen_.size() >= kMostRemembered || seen_before_.contains(nonce)) return false;
  return seen_.insert(nonce).second;
}

}  // namespace obolus::app
