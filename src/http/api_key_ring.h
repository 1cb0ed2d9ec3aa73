// The API keys that are let in now: those of the configuration and those of the file, which may be
// replaced while Obolus runs. Looks for a key by comparing its digest with every one in constant
// time, so that an answer's time tells nothing of where one stood. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/api_keys.h"
#include "base/metrics.h"

namespace obolus::http {

class ApiKeyRing {
 public:
  // `fixed`: digests of the configuration, which may do everything but operate. The others outlive
  // this object.
  ApiKeyRing(const std::vector<base::Sha256Digest>& fixed, const base::Clock& clock,
             base::Metrics& metrics);

  // From now on these, beside the fixed ones.
  void Replace(std::vector<app::ApiKey> keys);

  // The entry of that key, active or not. Notes when it was used.
  struct Match {
    app::ApiKey key;
    bool active = false;
  };
  std::optional<Match> Find(const std::string& key) const;

  // Whom a key speaks for, in logs and as the scope of idempotency keys: two keys of one name are
  // one caller, so that a retry under the new key is still a retry.
  static std::string CallerOf(const app::ApiKey& key);

 private:
  struct Entry {
    app::ApiKey key;
    base::Gauge last_used;
  };
  using Entries = std::vector<Entry>;
  std::shared_ptr<const Entries> Current() const;

  const base::Clock& clock_;
  base::Metrics& metrics_;
  std::vector<app::ApiKey> fixed_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_;  // never null
};

}  // namespace obolus::http
