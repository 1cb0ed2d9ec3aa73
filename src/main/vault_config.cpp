#include "main/vault_config.h"

#include <unistd.h>

#include "base/url.h"
#include "main/tls_config.h"

namespace obolus::main {
namespace {

using base::Millis;

// Left of a lease for the commit of the answer.
constexpr std::int64_t kCommitMs = 1'000;

void CheckGuardian(ConfigValues& values, const Config& config) {
  const auto& guardian = config.guardian;
  const auto url = base::ParseUrl(guardian.url, base::HttpPolicy::kHttpOnLoopback);
  if (!url) {
    values.Fault("vault.guardian.url",
                 guardian.url.empty() ? "is needed: where Guardian is" : url.error().message);
  } else if (url->Origin() != guardian.url) {
    values.Fault("vault.guardian.url",
                 "must be an origin such as https://guardian.example, without a path");
  }
  if (guardian.api_key.empty()) {
    values.Fault("vault.guardian.api_key", "is needed: OBOLUS_VAULT__GUARDIAN__API_KEY");
  }
  if (guardian.certificate.empty() != guardian.key.empty()) {
    values.Fault("vault.guardian.key", "and vault.guardian.certificate go together");
  }
  for (const auto& [key, path] : {std::pair("vault.guardian.ca", guardian.ca),
                                  std::pair("vault.guardian.certificate", guardian.certificate),
                                  std::pair("vault.guardian.key", guardian.key)}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      values.Fault(key, path + " cannot be read");
    }
  }
  if (config.vault.lease_ms < guardian.timeout_ms + kCommitMs) {
    values.Fault("vault.lease_ms", "must be a second more than vault.guardian.timeout_ms at least");
  }
}

}  // namespace

void ReadVault(ConfigValues& values, Config& config) {
  const std::string provider = values.Text("vault.provider");
  if (provider != "embedded" && provider != "guardian") {
    values.Fault("vault.provider", "must be \"embedded\" or \"guardian\"");
  }
  const std::string key_file = values.Text("vault.key_file");
  config.vault = {.kind = provider == "guardian" ? VaultKind::kGuardian : VaultKind::kEmbedded,
                  .key_file = key_file.empty() ? config.data_dir + "/obolus.keys" : key_file,
                  .card_valid_for_s = values.Integer("vault.card_valid_for_s", 60, 31'536'000),
                  .lease_ms = values.Integer("vault.lease_ms", 100, 300'000)};
  config.guardian = {
      .url = values.Text("vault.guardian.url"),
      .api_key = values.Text("vault.guardian.api_key"),
      .ca = values.Text("vault.guardian.ca"),
      .certificate = values.Text("vault.guardian.certificate"),
      .key = values.Text("vault.guardian.key"),
      .min_version = ReadMinVersion(values, "vault.guardian.min_version"),
      .timeout_ms = values.Integer("vault.guardian.timeout_ms", 100, 120'000),
      .max_connections = values.Integer("vault.guardian.max_connections", 1, 1024),
      .breaker_failures = values.Integer("vault.guardian.breaker_failures", 1, 1'000),
      .breaker_open_ms = values.Integer("vault.guardian.breaker_open_ms", 100, 60'000)};
  if (config.vault.kind == VaultKind::kGuardian || !config.guardian.url.empty()) {
    CheckGuardian(values, config);
  }
}

vault::GuardianOptions GuardianOptionsOf(const Config& config) {
  const auto& guardian = config.guardian;
  const Millis timeout(guardian.timeout_ms);
  return {.url = guardian.url,
          .api_key = guardian.api_key,
          .client = {.tls = {.ca_file = guardian.ca,
                             .certificate_file = guardian.certificate,
                             .key_file = guardian.key,
                             .min_version = guardian.min_version},
                     .connect_timeout = std::min(timeout, Millis(3'000)),
                     .timeout = timeout,
                     .max_connections = static_cast<std::size_t>(guardian.max_connections)},
          .answer_within = Millis(config.vault.lease_ms - kCommitMs),
          .breaker = {.failures = static_cast<int>(guardian.breaker_failures),
                      .open_for = Millis(guardian.breaker_open_ms),
                      .trial_for = 2 * timeout}};
}

}  // namespace obolus::main
