#include "main/access_config.h"

#include <unistd.h>

#include <algorithm>

#include "vault/key_file.h"

namespace obolus::main {
namespace {

void ReadCallers(ConfigValues& values, Config& config) {
  const std::string rule = values.Text("commerce.require");
  const std::map<std::string, http::CallerRule> rules = {
      {"both", http::CallerRule::kBoth},
      {"either", http::CallerRule::kEither},
      {"api_key", http::CallerRule::kApiKey},
      {"certificate", http::CallerRule::kCertificate}};
  const auto found = rules.find(rule);
  if (found == rules.end()) {
    return values.Fault("commerce.require", "must be both, either, api_key or certificate");
  }
  config.callers.rule = found->second;
  config.callers.allowed_names = values.Texts("commerce.allowed_names");
  for (const auto scope : {app::Scope::kSessions, app::Scope::kEvents, app::Scope::kForward}) {
    auto names = values.Texts("commerce.allowed_names_for." + std::string(app::ToString(scope)));
    if (!names.empty()) config.callers.allowed_names_for[scope] = std::move(names);
  }
  const std::vector<std::string> keys = values.Texts("commerce.api_keys");
  for (const std::string& text : keys) {
    const auto bytes = base::DecodeHex(text);
    base::Sha256Digest digest{};
    if (!bytes || bytes->size() != digest.size()) {
      values.Fault("commerce.api_keys",
                   "must hold SHA-256 digests: 64 hex digits each, as "
                   "`obolus apikey create` prints them");
      break;
    }
    std::ranges::copy(*bytes, digest.begin());
    config.callers.api_key_digests.push_back(digest);
  }
  const bool by_key = found->second != http::CallerRule::kCertificate;
  const bool must_have_key = by_key && found->second != http::CallerRule::kEither;
  if (must_have_key && keys.empty() && config.api_keys_file.empty()) {
    values.Fault("commerce.api_keys",
                 "is empty, and so is commerce.api_keys_file, so nobody could call; "
                 "`obolus apikey create`");
  }
  const bool by_certificate =
      found->second == http::CallerRule::kBoth || found->second == http::CallerRule::kCertificate;
  if (by_certificate && config.commerce.tls.mode != TlsMode::kMutual) {
    values.Fault("commerce.tls.mode", "must be mutual when commerce.require is " + rule);
  }
}

}  // namespace

void ReadAccess(ConfigValues& values, Config& config) {
  config.api_keys_file = values.Text("commerce.api_keys_file");
  if (!config.api_keys_file.empty() && access(config.api_keys_file.c_str(), R_OK) != 0) {
    values.Fault("commerce.api_keys_file", config.api_keys_file +
                                               " cannot be read; `obolus apikey create --file` "
                                               "makes it");
  }
  ReadCallers(values, config);
  const std::string rule = values.Text("operator.require");
  config.operator_needs_key = rule == "api_key";
  if (rule != "api_key" && rule != "none") {
    values.Fault("operator.require", "must be \"none\" or \"api_key\"");
  } else if (config.operator_needs_key && config.api_keys_file.empty()) {
    values.Fault("operator.require",
                 "needs commerce.api_keys_file, with a key that has the scope operator");
  }
}

base::Status LoadApiKeys(const Config& config, base::Timestamp now, http::ApiKeyRing& keys) {
  if (config.api_keys_file.empty()) return {};
  const auto bytes = vault::ReadKeyFile(config.api_keys_file);
  if (!bytes) return std::unexpected(bytes.error());
  auto parsed = app::ParseApiKeys(base::AsText(bytes->view()), now);
  if (!parsed) {
    base::Error error = parsed.error();
    error.message = config.api_keys_file + ": " +
                    (error.fields.empty() ? error.message
                                          : error.fields[0].pointer + " " + error.fields[0].detail);
    return std::unexpected(std::move(error));
  }
  keys.Replace(std::move(*parsed));
  return {};
}

void AddApiKeyStep(Reload& reload, const Config& config, const base::Clock& clock,
                   http::ApiKeyRing& keys) {
  if (config.api_keys_file.empty()) return;
  reload.Add({.name = "api_keys",
              .kind = domain::AuditKind::kApiKeysChanged,
              .stamp = [&config] { return StampOf({config.api_keys_file}); },
              .run = [&config, &clock, &keys] { return LoadApiKeys(config, clock.Now(), keys); }});
}

}  // namespace obolus::main
