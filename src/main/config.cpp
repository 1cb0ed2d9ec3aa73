#include "main/config.h"

#include <unistd.h>

#include <algorithm>

#include "base/json.h"
#include "base/url.h"
#include "domain/retry_policy.h"
#include "main/access_config.h"
#include "main/audit_config.h"
#include "main/card_config.h"
#include "main/config_values.h"
#include "main/forward_config.h"
#include "main/keys_config.h"
#include "main/limits_config.h"
#include "main/sandbox_config.h"
#include "main/shopper_config.h"
#include "main/tls_config.h"
#include "main/vault_config.h"

extern char** environ;

namespace obolus::main {
namespace {

using base::HttpPolicy;

constexpr std::int64_t kOwnJobs = 16;  // of the store, at once: a claim, the sweep, health, counts

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

ListenerConfig ReadListener(ConfigValues& values, const std::string& section) {
  return {.address = values.Text(section + ".address"),
          .port = static_cast<std::uint16_t>(values.Integer(section + ".port", 0, 65'535)),
          .tls = {}};
}

void CheckPlain(ConfigValues& values, const std::string& section, const ListenerConfig& listener) {
  if (listener.tls.mode == TlsMode::kOff && !IsLoopback(listener.address)) {
    values.Fault(section + ".address", listener.address + " is not loopback, so " + section +
                                           ".tls.mode must not be off");
  }
}

void ReadListeners(ConfigValues& values, Config& config) {
  config.public_url = values.Text("public_url");
  const auto url = base::ParseUrl(config.public_url, HttpPolicy::kHttpOnLoopback);
  if (!url) {
    values.Fault("public_url", url.error().message);
  } else if (url->Origin() != config.public_url) {
    values.Fault("public_url", "must be an origin such as https://pay.example, without a path");
  }
  config.commerce = ReadListener(values, "commerce");
  config.commerce.tls = ReadTls(values, "commerce", true);
  CheckPlain(values, "commerce", config.commerce);
  config.commerce_max_requests = values.Integer("commerce.max_requests", 1, 1'000'000);
  config.members = values.Table("commerce.members");
  for (const auto& [member, pointer] : config.members) {
    if (!pointer.starts_with('/')) {
      values.Fault("commerce.members." + member, "must be a JSON pointer such as /a/b");
    }
  }
  config.shopper = ReadListener(values, "shopper");
  config.shopper.tls = ReadTls(values, "shopper", false);
  CheckPlain(values, "shopper", config.shopper);
  ReadShopperLimits(values, config);
  config.hsts = values.Text("shopper.hsts");
  if (!config.hsts.empty() && !config.hsts.starts_with("max-age=")) {
    values.Fault("shopper.hsts", "must be as in RFC 6797: max-age=63072000; includeSubDomains");
  }
  // On a loopback name it would hold for whatever else is tried there.
  if (!url || url->scheme != "https" || url->IsLoopback()) config.hsts.clear();
  config.default_origins = values.Texts("shopper.default_origins");
  for (const std::string& origin : config.default_origins) {
    const auto parsed = base::ParseUrl(origin, HttpPolicy::kHttpOnLoopback);
    if (!parsed || parsed->Origin() != origin) {
      values.Fault("shopper.default_origins",
                   origin + " is not an origin such as https://shop.example");
    }
  }
  config.operators = ReadListener(values, "operator");
  if (!IsLoopback(config.operators.address)) {
    values.Fault("operator.address", "must be loopback: it speaks no TLS");
  }
  ReadAccess(values, config);
}

void ReadBridge(ConfigValues& values, Config& config) {
  auto& bridge = config.bridge;
  bridge.url = values.Text("bridge.url");
  bridge.source = values.Text("bridge.source");
  bridge.certificate = values.Text("bridge.certificate");
  bridge.key = values.Text("bridge.key");
  bridge.ca = values.Text("bridge.ca");
  bridge.min_version = ReadMinVersion(values, "bridge.min_version");
  bridge.timeout_ms = values.Integer("bridge.timeout_ms", 100, 120'000);
  bridge.concurrency = values.Integer("bridge.concurrency", 1, 1024);
  bridge.drain_per_s = values.Integer("bridge.drain_per_s", 0, 1'000'000);
  bridge.retry_delays_ms = values.Integers("bridge.retry_delays_ms", 0, 86'400'000);
  bridge.retry_longest_ms = values.Integer("bridge.retry_longest_ms", 100, 86'400'000);
  bridge.give_up_after_h = values.Integer("bridge.give_up_after_h", 1, 8760);
  bridge.terminal_id_in_tds_result = values.Boolean("bridge.terminal_id_in_tds_result");
  if (const auto url = base::ParseUrl(bridge.url, HttpPolicy::kHttpOnLoopback); !url) {
    values.Fault("bridge.url",
                 bridge.url.empty() ? "is needed: Commerce's event bridge" : url.error().message);
  }
  if (bridge.source.find(':') == std::string::npos || bridge.source.size() > 512) {
    values.Fault("bridge.source", "must be a URI that names this installation");
  }
  if (bridge.certificate.empty() != bridge.key.empty()) {
    values.Fault("bridge.key", "and bridge.certificate go together");
  }
  for (const auto& [key, path] :
       {std::pair("bridge.certificate", bridge.certificate), std::pair("bridge.key", bridge.key),
        std::pair("bridge.ca", bridge.ca)}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      values.Fault(key, path + " cannot be read");
    }
  }
}

std::string InDataDir(const Config& config, const std::string& path, const char* name) {
  return path.empty() ? config.data_dir + "/" + name : path;
}

void ReadStore(ConfigValues& values, Config& config) {
  const std::map<std::string, StoreKind> kinds = {{"sqlite", StoreKind::kSqlite},
                                                  {"postgres", StoreKind::kPostgres},
                                                  {"memory", StoreKind::kMemory}};
  const auto kind = kinds.find(values.Text("store.kind"));
  if (kind == kinds.end()) {
    return values.Fault("store.kind", "must be \"sqlite\", \"postgres\" or \"memory\"");
  }
  config.store = {.kind = kind->second,
                  .path = InDataDir(config, values.Text("store.path"), "obolus.db"),
                  .dsn = values.Text("store.dsn"),
                  .max_queued = values.Integer("store.max_queued", 1, 10'000'000)};
  const std::int64_t needed = config.commerce_max_requests + config.shopper_max_requests +
                              config.bridge.concurrency + kOwnJobs;
  if (config.store.max_queued < needed) {
    values.Fault("store.max_queued",
                 "must be " + std::to_string(needed) +
                     " or more: commerce.max_requests, shopper.max_requests and bridge.concurrency"
                     " together, and " +
                     std::to_string(kOwnJobs) + " for the service itself");
  }
  if (config.store.kind == StoreKind::kPostgres && config.store.dsn.empty()) {
    values.Fault("store.dsn", "is needed: how to reach PostgreSQL");
  }
}

void ReadRest(ConfigValues& values, Config& config) {
  config.data_dir = values.Text("data_dir");
  if (config.data_dir.empty()) values.Fault("data_dir", "is needed");
  config.io_threads = values.Integer("io_threads", 0, 64);
  config.reload_interval_s = values.Integer("reload_interval_s", 0, 86'400);
  config.stop_delay_ms = values.Integer("stop_delay_ms", 0, 600'000);
  ReadStore(values, config);
  config.sessions = {
      .payment_expires_in_s = values.Integer("sessions.payment_expires_in_s", 60, 86'400),
      .tds_expires_in_s = values.Integer("sessions.tds_expires_in_s", 60, 5940),
      .max_attempts = values.Integer("sessions.max_attempts", 0, domain::kMostAttempts),
      .retry_cool_down_s =
          values.Integers("sessions.retry_cool_down_s", 0, domain::kLongestCoolDown.count()),
      .count_typing_errors = values.Boolean("sessions.count_typing_errors"),
      .tds_result_on_expiry = values.Boolean("sessions.tds_result_on_expiry"),
      .card_session_failed_on_expiry = values.Boolean("sessions.card_session_failed_on_expiry"),
      .confirm_wait_s = values.Integer("sessions.confirm_wait_s", 5, 600),
      .confirm_within_s = values.Integer("sessions.confirm_within_s", 0, 3600),
      .sweep_interval_ms = values.Integer("sessions.sweep_interval_ms", 50, 60'000),
      .keep_for_h = values.Integer("sessions.keep_for_h", 24, 8760)};
  if (config.sessions.retry_cool_down_s.size() > domain::kMostCoolDowns) {
    values.Fault("sessions.retry_cool_down_s", "must have at most 16 entries");
  }
  ReadVault(values, config);
  ReadKeys(values, config);
  ReadForward(values, config);
  ReadAudit(values, config);
  ReadSandbox(values, config);
  const std::string level = values.Text("log.level");
  const std::map<std::string, base::LogLevel> levels = {{"debug", base::LogLevel::kDebug},
                                                        {"info", base::LogLevel::kInfo},
                                                        {"warn", base::LogLevel::kWarn},
                                                        {"error", base::LogLevel::kError}};
  const auto found = levels.find(level);
  if (found == levels.end()) {
    values.Fault("log.level", "must be debug, info, warn or error");
  } else {
    config.log_level = found->second;
  }
}

}  // namespace

base::Result<Config> LoadConfig(const ConfigSources& sources) {
  ConfigValues values(DefaultConfig());
  if (!sources.file.empty()) values.AddFile(sources.file);
  for (const auto& [variable, value] : sources.environment) {
    // The programs that tests point at with OBOLUS_BIN and the like have no section.
    const auto key = ConfigValues::KeyOfVariable(variable);
    if (key && (key->find('.') != std::string::npos || *key == "data_dir" || *key == "public_url" ||
                *key == "io_threads" || *key == "stop_delay_ms")) {
      values.AddSetting(*key, value, "the environment variable " + variable);
    }
  }
  for (const std::string& setting : sources.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      values.Fault(setting, "must be KEY=VALUE");
    } else {
      values.AddSetting(setting.substr(0, equals), setting.substr(equals + 1), "--set");
    }
  }
  Config config;
  ReadListeners(values, config);
  ReadLimits(values, config);
  ReadBridge(values, config);
  ReadRest(values, config);
  ReadCards(values, config);
  if (!values.faults().empty()) return base::InvalidMembers(std::move(values.faults()));
  return config;
}

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

}  // namespace obolus::main
