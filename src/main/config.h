// The configuration: config/default.toml, which is compiled in and is the list of all keys, then a
// file, the environment and the command line, later ones winning. Every fault names its key and
// what to do. Read once at start by main/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/card_testing.h"
#include "app/request_limits.h"
#include "base/log.h"
#include "base/result.h"
#include "domain/co_badges.h"
#include "http/client_address.h"
#include "http/middleware.h"
#include "net/tls.h"
#include "vault/card_forwarder.h"

namespace obolus::main {

enum class StoreKind { kSqlite, kPostgres, kMemory };

enum class VaultKind { kEmbedded, kGuardian };

enum class TlsMode { kOff, kServer, kMutual };

enum class SandboxMode { kOn, kLog, kOff };

struct TlsConfig {
  TlsMode mode = TlsMode::kOff;
  std::string certificate;
  std::string key;
  net::TlsVersion min_version = net::TlsVersion::k13;
  std::string client_ca{}, client_crl{};
  std::vector<std::string> client_pins{};  // lower-case hex
};

struct ListenerConfig {
  std::string address;
  std::uint16_t port = 0;
  TlsConfig tls;
};

struct Config {
  std::string data_dir;
  std::string public_url;
  std::int64_t io_threads = 0;
  std::int64_t stop_delay_ms = 0, reload_interval_s = 0;

  ListenerConfig commerce;
  http::CallerPolicy callers;
  std::string api_keys_file;
  std::map<std::string, std::string> members;
  std::int64_t commerce_max_requests = 0;

  ListenerConfig shopper;
  std::vector<std::string> default_origins;
  std::string hsts;  // Strict-Transport-Security; empty: not sent
  std::int64_t shopper_max_requests = 0, max_connections = 0, max_connections_per_address = 0,
               max_handshakes = 0;
  bool shopper_http2 = true;
  http::TrustedProxies trusted_proxies;

  ListenerConfig operators;
  bool operator_needs_key = false;

  struct {
    std::string url, source, certificate, key, ca;
    std::int64_t timeout_ms = 0, concurrency = 0, drain_per_s = 0, retry_longest_ms = 0,
                 give_up_after_h = 0;
    std::vector<std::int64_t> retry_delays_ms;
    bool terminal_id_in_tds_result = false;
    net::TlsVersion min_version = net::TlsVersion::k13;
  } bridge;

  struct {
    StoreKind kind = StoreKind::kSqlite;
    std::string path;
    std::string dsn;  // secret
    std::int64_t max_queued = 0;
  } store;

  struct {
    std::int64_t payment_expires_in_s = 0, tds_expires_in_s = 0, max_attempts = 0;
    std::vector<std::int64_t> retry_cool_down_s;
    bool count_typing_errors = true, tds_result_on_expiry = true;
    bool card_session_failed_on_expiry = true;
    std::int64_t confirm_wait_s = 0, confirm_within_s = 0;
    std::int64_t sweep_interval_ms = 0, keep_for_h = 0;
  } sessions;

  struct {
    VaultKind kind = VaultKind::kEmbedded;
    std::string key_file;
    std::int64_t card_valid_for_s = 0, lease_ms = 0;
  } vault;

  struct {
    std::string source;  // "file", "descriptor", "pkcs11"
    std::int64_t spread_s = 0;
    std::string module, token, pin_file;  // of pkcs11
  } keys;

  // Read whatever vault.provider is: cards of an earlier provider still want to be deleted.
  struct {
    std::string url, api_key /* secret */, ca, certificate, key;
    net::TlsVersion min_version = net::TlsVersion::k13;
    std::int64_t timeout_ms = 0, max_connections = 0, breaker_failures = 0, breaker_open_ms = 0;
  } guardian;

  struct {
    SandboxMode mode = SandboxMode::kOn;
    bool required = false;
    std::string run_as;
    std::vector<std::string> read, write;
    std::vector<std::int64_t> connect_ports;
  } sandbox;

  struct {
    std::int64_t kept_for_s = 0, most = 0;
    bool shared = false;
  } codes;

  struct {
    std::vector<std::string> allowed_names;
    std::vector<vault::ForwardDestination> destinations;
    std::vector<std::string> response_headers;
    std::int64_t timeout_ms = 0, max_response_bytes = 0, per_caller_per_s = 0, per_card_per_h = 0;
  } forward;

  struct {
    std::string co_badges_file;
    std::vector<domain::CoBadge> co_badges;  // what the file holds
    std::vector<domain::CardNetwork> preferred_networks;
  } cards;

  struct {
    std::string dir, key_file, instance;
    std::int64_t rotate_bytes = 0, max_queued = 0, keep_days = 0, keep_files = 0,
                 refusals_per_minute = 0;
  } audit;
  base::Sha256Digest digest{};  // of all settings; changes when one does

  struct {
    app::LimitRules cards;
    app::RequestRules requests;
  } limits;

  base::LogLevel log_level = base::LogLevel::kInfo;
};

struct ConfigSources {
  std::string file;                                // path; empty: none
  std::map<std::string, std::string> environment;  // all of it; only OBOLUS_… is looked at
  std::vector<std::string> settings;               // "commerce.port=8443"
};

// kInvalid with one field error for each fault; the pointer is the key ("commerce.port"), or "" for
// the file itself.
base::Result<Config> LoadConfig(const ConfigSources& sources);

// Of this process.
std::map<std::string, std::string> Environment();

// config/default.toml as compiled in.
std::string_view DefaultConfig();

}  // namespace obolus::main
