// Security codes without a time limit, room or secrecy: which cards have one, and what was kept.
// Any thread; tests read the members when nothing is under way.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/ports/security_codes.h"

namespace obolus::testing {

class FakeCodes final : public app::SecurityCodes {
 public:
  std::optional<app::SealedCard> Keep(const base::Uuid& card_id, const base::Uuid& session_id,
                                      base::SecretBytes code) override {
    const std::lock_guard lock(mutex_);
    kept.push_back(std::string(code.text()));
    cards[card_id] = session_id;
    if (!shared) return std::nullopt;
    return app::SealedCard{card_id,   session_id,    "key",
                           "wrapped", "sealed code", base::FromMillis(1)};
  }
  bool AreShared() const override { return shared; }
  std::optional<base::SecretBytes> Take(const base::Uuid& card_id) override {
    const std::lock_guard lock(mutex_);
    if (cards.erase(card_id) == 0) return std::nullopt;
    return base::SecretBytes(std::string_view("123"));
  }
  bool HasCard(const base::Uuid& card_id) const override {
    const std::lock_guard lock(mutex_);
    return cards.contains(card_id);
  }
  bool HasSession(const base::Uuid& session_id) const override {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(cards, [&](const auto& of) { return of.second == session_id; });
  }
  void DropCard(const base::Uuid& card_id) override {
    const std::lock_guard lock(mutex_);
    cards.erase(card_id);
  }
  void DropSession(const base::Uuid& session_id) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(cards, [&](const auto& of) { return of.second == session_id; });
  }
  base::Result<base::SecretBytes> Open(const app::SealedCard&) const override {
    return base::SecretBytes(std::string_view("123"));
  }

  bool shared = false;
  std::vector<std::string> kept;
  std::map<base::Uuid, base::Uuid> cards;  // and their sessions

 private:
  mutable std::mutex mutex_;
};

}  // namespace obolus::testing
