#include "app/api_keys.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"

namespace obolus::app {
namespace {

namespace json = base::json;

constexpr std::size_t kLongestName = 64;
constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

base::Result<std::vector<Scope>> ReadScopes(const json::value& key, const std::string& pointer) {
  const json::value* list = base::FindPointer(key, "/scopes");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) {
    return base::Invalid(pointer + "/scopes", "must be a list with one scope at least");
  }
  std::vector<Scope> scopes;
  for (const json::value& item : list->get_array()) {
    const auto scope = item.is_string() ? ParseScope(item.get_string()) : std::nullopt;
    if (!scope) {
      return base::Invalid(pointer + "/scopes", "may hold sessions, events, forward and operator");
    }
    scopes.push_back(*scope);
  }
  return scopes;
}

base::Result<ApiKey> ReadKey(const json::value& value, const std::string& pointer) {
  ApiKey key;
  key.name = base::FindString(value, "/name").value_or("");
  if (!IsKeyName(key.name)) {
    return base::Invalid(pointer + "/name", "must be 1 to 64 of a-z, 0-9 and -");
  }
  const auto digest = base::DecodeHex(base::FindString(value, "/sha256").value_or(""));
  if (!digest || digest->size() != key.digest.size()) {
    return base::Invalid(pointer + "/sha256", "must be 64 hex digits");
  }
  std::ranges::copy(*digest, key.digest.begin());
  auto scopes = ReadScopes(value, pointer);
  if (!scopes) return std::unexpected(std::move(scopes).error());
  key.scopes = std::move(*scopes);
  const auto created = base::ParseTime(base::FindString(value, "/created_at").value_or(""));
  if (!created) return base::Invalid(pointer + "/created_at", "must be a time (RFC 3339)");
  key.created_at = *created;
  const json::value* expires = base::FindPointer(value, "/expires_at");
  if (expires == nullptr || expires->is_null()) return key;
  const auto end = expires->is_string() ? base::ParseTime(expires->get_string())
                                        : base::Fail(base::ErrorCode::kMalformed, "");
  if (!end) return base::Invalid(pointer + "/expires_at", "must be a time (RFC 3339) or null");
  key.expires_at = *end;
  return key;
}

}  // namespace

std::string_view ToString(Scope scope) {
  switch (scope) {
    case Scope::kSessions:
      return "sessions";
    case Scope::kEvents:
      return "events";
    case Scope::kForward:
      return "forward";
    case Scope::kOperator:
      return "operator";
  }
  return "";
}

std::optional<Scope> ParseScope(std::string_view text) {
  const auto found = std::ranges::find(kScopes, text, [](Scope scope) { return ToString(scope); });
  return found == kScopes.end() ? std::nullopt : std::optional(*found);
}

std::string IdOf(const ApiKey& key) {
  return base::EncodeHex(base::ByteView(key.digest).first(8));
}

bool Allows(const ApiKey& key, Scope scope) {
  return std::ranges::find(key.scopes, scope) != key.scopes.end();
}

bool IsActive(const ApiKey& key, base::Timestamp now) {
  return !key.expires_at || now < *key.expires_at;
}

bool IsKeyName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

base::Result<std::vector<ApiKey>> ParseApiKeys(std::string_view text, base::Timestamp now) {
  const auto document = base::ParseJson(text, {.max_bytes = kMostBytes, .max_depth = 8});
  if (!document) return std::unexpected(document.error());
  const json::value* list = base::FindPointer(*document, "/keys");
  if (list == nullptr || !list->is_array() || list->get_array().size() > kMostApiKeys) {
    return base::Invalid("/keys", "must be a list of at most 1000 keys");
  }
  std::vector<ApiKey> keys;
  std::set<base::Sha256Digest> seen;
  std::map<std::string, std::size_t> active;
  for (const json::value& item : list->get_array()) {
    const std::string pointer = "/keys/" + std::to_string(keys.size());
    auto key = ReadKey(item, pointer);
    if (!key) return std::unexpected(std::move(key).error());
    if (!seen.insert(key->digest).second) {
      return base::Invalid(pointer + "/sha256", "stands twice");
    }
    if (IsActive(*key, now) && ++active[key->name] > kMostActiveOfAName) {
      return base::Invalid(pointer + "/name", key->name + " has more than two active keys");
    }
    keys.push_back(std::move(*key));
  }
  return keys;
}

std::string RenderApiKeys(std::span<const ApiKey> keys) {
  json::array items;
  for (const ApiKey& key : keys) {
    json::array scopes;
    for (const Scope scope : key.scopes) scopes.emplace_back(ToString(scope));
    items.push_back({{"name", key.name},
                     {"sha256", base::EncodeHex(key.digest)},
                     {"scopes", std::move(scopes)},
                     {"created_at", base::FormatTime(key.created_at)},
                     {"expires_at", key.expires_at ? json::value(base::FormatTime(*key.expires_at))
                                                   : json::value(nullptr)}});
  }
  return base::ToText({{"keys", std::move(items)}}) + "\n";
}

}  // namespace obolus::app
