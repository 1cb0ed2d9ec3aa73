#include "main/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <future>

#include "base/secret.h"
#include "main/certificates.h"
#include "main/sandbox.h"
#include "main/tls_config.h"
#include "main/vault_config.h"
#include "net/http_client.h"
#include "storage/postgres_store.h"
#include "vault/key_ring.h"

namespace obolus::main {
namespace {

void Add(CheckReport& report, const char* verdict, const std::string& line) {
  report.text += std::string(verdict) + "  " + line + "\n";
  if (std::string_view(verdict) == "FAIL") report.ok = false;
}

void CheckDataDir(const Config& config, CheckReport& report) {
  struct stat info{};
  if (stat(config.data_dir.c_str(), &info) != 0) {
    return Add(report, "ok  ", "data_dir " + config.data_dir + " will be made on the first start");
  }
  if (access(config.data_dir.c_str(), W_OK | X_OK) != 0) {
    return Add(report, "FAIL", "data_dir " + config.data_dir + " cannot be written by this user");
  }
  Add(report, "ok  ", "data_dir " + config.data_dir);
  if (config.keys.source != "file") {
    return Add(report, "ok  ", "keys by way of vault.key_source = " + config.keys.source);
  }
  if (access(config.vault.key_file.c_str(), F_OK) != 0) {
    return Add(report, "ok  ", "keys will be made in " + config.vault.key_file);
  }
  const base::SystemClock clock;
  const auto keys = vault::KeyRing::Open(config.vault.key_file, clock);
  Add(report, keys ? "ok  " : "FAIL",
      keys ? "keys in " + config.vault.key_file : keys.error().message);
  if (!base::SecretMemoryIsLocked()) {
    Add(report, "warn",
        "memory cannot be locked, so secrets may reach the swap: raise RLIMIT_MEMLOCK");
  }
}

void CheckStore(const Config& config, CheckReport& report) {
  if (config.store.kind != StoreKind::kPostgres) return;
  storage::PostgresTarget target;
  target.dsn = config.store.dsn;
  const auto found = storage::CheckPostgres(target);
  Add(report, found ? "ok  " : "FAIL", found ? *found : found.error().message);
}

// Any answer shows that name, network, certificates and listener are right; only Commerce knows
// what it does with a POST.
void CheckBridge(const Config& config, CheckReport& report) {
  auto client = net::HttpClient::Make({.tls = BridgeTlsOf(config),
                                       .connect_timeout = base::Millis(3'000),
                                       .timeout = base::Millis(5'000)});
  if (!client) return Add(report, "FAIL", "bridge: " + client.error().message);
  std::promise<base::Result<net::HttpResponse>> promise;
  auto answered = promise.get_future();
  (*client)->Send({.method = "OPTIONS", .url = config.bridge.url, .headers = {}, .body = {}},
                  [&promise](base::Result<net::HttpResponse> response) {
                    promise.set_value(std::move(response));
                  });
  const auto response = answered.get();
  if (!response) {
    return Add(report, "warn",
               "bridge " + config.bridge.url + " does not answer (" + response.error().message +
                   "); events would wait");
  }
  Add(report, "ok  ",
      "bridge " + config.bridge.url + " answers (" + std::to_string(response->status) + ")");
}

void CheckGuardian(const Config& config, CheckReport& report) {
  if (config.guardian.url.empty()) return;
  const auto found = vault::ProbeGuardian(GuardianOptionsOf(config));
  Add(report, found ? "ok  " : "FAIL",
      "guardian " + config.guardian.url + " " + (found ? *found : found.error().message));
}

}  // namespace

CheckReport CheckInstallation(const Config& config) {
  CheckReport report;
  Add(report, "ok  ", "configuration");
  CheckDataDir(config, report);
  CheckStore(config, report);
  if (!config.cards.co_badges_file.empty()) {
    Add(report, "ok  ",
        "co-badged cards: " + std::to_string(config.cards.co_badges.size()) + " rows in " +
            config.cards.co_badges_file);
  }
  if (config.shopper.tls.mode == TlsMode::kOff) {
    Add(report, "warn",
        "shopper.tls.mode is off: only for trying, or behind a proxy on this machine");
  }
  const SandboxForecast sandbox = ForecastSandbox(config);
  Add(report,
      sandbox.complete          ? "ok  "
      : config.sandbox.required ? "FAIL"
                                : "warn",
      "sandbox " + sandbox.text);
  CheckCertificates(config, base::SystemClock().Now(), report);
  CheckGuardian(config, report);
  CheckBridge(config, report);
  return report;
}

std::string DescribeFaults(const base::Error& error) {
  std::string text;
  for (const auto& field : error.fields) {
    text += (field.pointer.empty() ? "" : field.pointer + " ") + field.detail + "\n";
  }
  return text.empty() ? error.message + "\n" : text;
}

}  // namespace obolus::main
