#include "app/session_key.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/crypto.h"

namespace obolus::app {
namespace {

using base::ByteView;
using base::ErrorCode;

constexpr std::size_t kHeadBytes = 17;  // server key id, session id
constexpr std::size_t kMacBytes = 20;   // of HMAC-SHA-256, truncated (RFC 2104 §5)
constexpr std::size_t kPrefixBytes = 4;

constexpr std::array<std::string_view, 3> kPrefixes = {"pay_", "tds_", "ret_"};

using Plain = std::array<std::uint8_t, kHeadBytes + kMacBytes>;

Plain Derive(KeyPurpose purpose, const base::Uuid& session_id, const SessionKeySecret& secret) {
  Plain plain{};
  plain[0] = secret.id;
  std::ranges::copy(session_id.bytes, plain.begin() + 1);
  // The purpose is part of what is signed, so that a key of one kind never opens another.
  std::array<std::uint8_t, kHeadBytes + 1> message{};
  std::copy_n(plain.begin(), kHeadBytes, message.begin());
  message.back() = static_cast<std::uint8_t>(purpose);
  const auto mac = base::HmacSha256(secret.secret.view(), message);
  std::copy_n(mac.begin(), kMacBytes, plain.begin() + kHeadBytes);
  return plain;
}

const SessionKeySecret* Find(const std::vector<SessionKeySecret>& secrets, std::uint8_t id) {
  const auto found = std::ranges::find(secrets, id, &SessionKeySecret::id);
  return found == secrets.end() ? nullptr : &*found;
}

auto NotFound() {
  return base::Fail(ErrorCode::kNotFound, "no session has this key");
}

}  // namespace

SessionKeys::SessionKeys(std::vector<SessionKeySecret> secrets) : secrets_(std::move(secrets)) {
  CHECK(!secrets_.Get()->empty());
}

void SessionKeys::Replace(std::vector<SessionKeySecret> secrets) {
  CHECK(!secrets.empty());
  secrets_.Set(std::move(secrets));
}

std::string SessionKeys::Make(KeyPurpose purpose, const base::Uuid& session_id,
                              std::uint8_t secret_id) const {
  const auto secrets = secrets_.Get();
  const SessionKeySecret* secret = Find(*secrets, secret_id);
  const Plain plain = Derive(purpose, session_id, secret != nullptr ? *secret : secrets->front());
  return std::string(kPrefixes[static_cast<std::size_t>(purpose)]) + base::EncodeBase64Url(plain);
}

base::Result<base::Uuid> SessionKeys::Open(KeyPurpose purpose, std::string_view key) const {
  if (!key.starts_with(kPrefixes[static_cast<std::size_t>(purpose)])) return NotFound();
  const auto given = base::DecodeBase64Url(key.substr(kPrefixBytes));
  if (!given || given->size() != kHeadBytes + kMacBytes) return NotFound();
  const auto secrets = secrets_.Get();
  const SessionKeySecret* secret = Find(*secrets, given->front());
  if (secret == nullptr) return NotFound();
  base::Uuid session_id;
  std::copy_n(given->begin() + 1, session_id.bytes.size(), session_id.bytes.begin());
  if (!base::ConstantTimeEqual(*given, Derive(purpose, session_id, *secret))) return NotFound();
  return session_id;
}

base::Result<KeyPurpose> PurposeOf(std::string_view key) {
  for (std::size_t i = 0; i < kPrefixes.size(); ++i) {
    if (key.starts_with(kPrefixes[i])) return static_cast<KeyPurpose>(i);
  }
  return NotFound();
}

}  // namespace obolus::app
