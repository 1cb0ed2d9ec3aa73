// API keys as a file keeps them: a name, the SHA-256 of the key, what it may do and until when. A
// key is 256 random bits, so nobody can guess one from its digest and a slow hash, which is for
// passwords, would only cost time. Two of a name may be active, so that the new one is given out
// before the old one goes. Pure; read by main, written by cli.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto.h"

namespace obolus::app {

enum class Scope : std::uint8_t { kSessions, kEvents, kForward, kOperator };
inline constexpr std::array kScopes{Scope::kSessions, Scope::kEvents, Scope::kForward,
                                    Scope::kOperator};
inline constexpr std::size_t kMostActiveOfAName = 2;
inline constexpr std::size_t kMostApiKeys = 1000;

std::string_view ToString(Scope scope);  // "sessions", …
std::optional<Scope> ParseScope(std::string_view text);

struct ApiKey {
  std::string name;  // [a-z0-9-], 1 to 64
  base::Sha256Digest digest{};
  std::vector<Scope> scopes;  // not empty
  base::Timestamp created_at;
  std::optional<base::Timestamp> expires_at;

  bool operator==(const ApiKey&) const = default;
};

// The first 16 hex digits of its digest: enough to tell keys apart.
std::string IdOf(const ApiKey& key);
bool Allows(const ApiKey& key, Scope scope);
bool IsActive(const ApiKey& key, base::Timestamp now);
bool IsKeyName(std::string_view name);

// JSON: {"keys": [{"name", "sha256", "scopes", "created_at", "expires_at"}]}. kMalformed: no JSON.
// kInvalid, naming the member: everything else, also a digest that stands twice and more than
// kMostActiveOfAName of a name without an end or with one after `now`.
base::Result<std::vector<ApiKey>> ParseApiKeys(std::string_view text, base::Timestamp now);
std::string RenderApiKeys(std::span<const ApiKey> keys);

}  // namespace obolus::app
