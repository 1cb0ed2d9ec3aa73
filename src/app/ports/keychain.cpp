#include <algorithm>
#include <array>

#include "app/ports/keychain.h"

namespace obolus::app {
namespace {

constexpr std::array<std::string_view, 3> kKinds = {"key_encryption", "session", "envelope"};
constexpr std::array<std::string_view, 4> kStates = {"pending", "active", "accepting", "retired"};

}  // namespace

std::string_view ToString(KeyKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::optional<KeyKind> ParseKeyKind(std::string_view text) {
  const auto* found = std::ranges::find(kKinds, text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<KeyKind>(found - kKinds.begin());
}

std::string_view ToString(KeyState state) {
  return kStates[static_cast<std::size_t>(state)];
}

}  // namespace obolus::app
