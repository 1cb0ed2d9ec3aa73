#include "http/api_key_ring.h"

namespace obolus::http {

ApiKeyRing::ApiKeyRing(const std::vector<base::Sha256Digest>& fixed, const base::Clock& clock,
                       base::Metrics& metrics)
    : clock_(clock), metrics_(metrics) {
  using app::Scope;
  for (const auto& digest : fixed) {
    fixed_.push_back({.name = "",
                      .digest = digest,
                      .scopes = {Scope::kSessions, Scope::kEvents, Scope::kForward},
                      .created_at = {},
                      .expires_at = std::nullopt});
  }
  Replace({});
}

void ApiKeyRing::Replace(std::vector<app::ApiKey> keys) {
  auto entries = std::make_shared<Entries>();
  keys.insert(keys.begin(), fixed_.begin(), fixed_.end());
  for (app::ApiKey& key : keys) {
    const base::Gauge last_used = metrics_.AddGauge(
        "obolus_api_key_last_used_timestamp_seconds",
        "When an API key was last let in, by its name and the first digits of its digest; 0 never.",
        {{"name", key.name.empty() ? "commerce.api_keys" : key.name}, {"key", app::IdOf(key)}});
    entries->push_back({std::move(key), last_used});
  }
  const std::lock_guard lock(mutex_);
  entries_ = std::move(entries);
}

std::shared_ptr<const ApiKeyRing::Entries> ApiKeyRing::Current() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::optional<ApiKeyRing::Match> ApiKeyRing::Find(const std::string& key) const {
  const base::Sha256Digest digest = base::Sha256(base::AsBytes(key));
  const auto entries = Current();
  const Entry* found = nullptr;
  for (const Entry& entry : *entries) {
    if (base::ConstantTimeEqual(entry.key.digest, digest)) found = &entry;
  }
  if (found == nullptr) return std::nullopt;
  const base::Timestamp now = clock_.Now();
  Match match{found->key, app::IsActive(found->key, now)};
  if (match.active) found->last_used.Set(static_cast<double>(base::ToMillis(now)) / 1000);
  return match;
}

std::string ApiKeyRing::CallerOf(const app::ApiKey& key) {
  return "key:" + (key.name.empty() ? app::IdOf(key) : key.name);
}

}  // namespace obolus::http
