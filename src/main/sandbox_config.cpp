#include "main/sandbox_config.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iterator>
#include <optional>

#include "base/url.h"
#include "storage/postgres_reach.h"

namespace obolus::main {
namespace {

namespace fs = std::filesystem;

// What libc, OpenSSL and libcurl read: names, time, trust, modules. Nothing of it is secret.
constexpr const char* kSystemFiles[] = {"/etc/resolv.conf",
                                        "/etc/hosts",
                                        "/etc/host.conf",
                                        "/etc/nsswitch.conf",
                                        "/etc/gai.conf",
                                        "/etc/services",
                                        "/etc/protocols",
                                        "/etc/passwd",
                                        "/etc/group",
                                        "/etc/localtime",
                                        "/etc/ld.so.cache",
                                        "/etc/ssl/openssl.cnf",
                                        "/etc/ssl/certs",
                                        "/etc/pki/tls",
                                        "/usr/lib",
                                        "/lib",
                                        "/lib64",
                                        "/usr/share/ca-certificates",
                                        "/usr/local/share/ca-certificates",
                                        "/usr/share/zoneinfo",
                                        "/run/systemd/resolve",
                                        "/dev/urandom",
                                        "/dev/random",
                                        "/sys/devices/system/cpu/online"};

// A file that is renewed is a new file, put in its place by rename, often behind links; so its
// folders are in reach. One right below / holds too much of others: there only the file is, and a
// new one is seen after a restart.
void AddRenewable(std::vector<std::string>& paths, const std::string& file) {
  if (file.empty()) return;
  std::error_code error;
  const fs::path absolute = fs::absolute(file, error);
  const fs::path resolved = fs::weakly_canonical(absolute, error);
  for (const fs::path& place : {absolute.lexically_normal(), resolved}) {
    const fs::path folder = place.parent_path();
    const bool is_narrow = folder.has_relative_path() && folder.parent_path().has_relative_path();
    paths.push_back((is_narrow ? folder : place).string());
  }
}

std::optional<std::uint16_t> PortOf(const std::string& url) {
  const auto parsed = base::ParseUrl(url, base::HttpPolicy::kHttpOnLoopback);
  return parsed ? std::optional(parsed->port) : std::nullopt;
}

// http://user:word@proxy.example:3128/, of which libcurl takes the scheme to be optional.
std::uint16_t ProxyPort(const std::string& proxy) {
  constexpr std::uint16_t kUsual = 1080;  // of libcurl
  const std::size_t scheme = proxy.find("://");
  const std::size_t at = proxy.rfind('@');
  const std::size_t from = at != std::string::npos       ? at + 1
                           : scheme == std::string::npos ? 0
                                                         : scheme + 3;
  const std::string host = proxy.substr(from, proxy.find('/', from) - from);
  const std::size_t colon = host.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
  }
  if (port != 0) return port;
  return proxy.starts_with("https://") ? 443 : kUsual;
}

void AddListeners(Reach& reach, const Config& config) {
  for (const auto* listener : {&config.commerce, &config.shopper, &config.operators}) {
    reach.bind_ports.push_back(listener->port);
    AddRenewable(reach.read, listener->tls.certificate);
    AddRenewable(reach.read, listener->tls.key);
    AddRenewable(reach.read, listener->tls.client_ca);
    AddRenewable(reach.read, listener->tls.client_crl);
  }
}

void AddPeers(Reach& reach, const Config& config,
              const std::map<std::string, std::string>& environment) {
  for (const auto& file : {config.bridge.certificate, config.bridge.key, config.bridge.ca,
                           config.guardian.certificate, config.guardian.key, config.guardian.ca}) {
    AddRenewable(reach.read, file);
  }
  for (const auto& url : {config.bridge.url, config.guardian.url}) {
    if (const auto port = PortOf(url)) reach.connect_ports.push_back(*port);
  }
  for (const vault::ForwardDestination& destination : config.forward.destinations) {
    if (const auto port = PortOf(destination.origin)) reach.connect_ports.push_back(*port);
    for (const auto& file :
         {destination.tls.ca_file, destination.tls.certificate_file, destination.tls.key_file}) {
      AddRenewable(reach.read, file);
    }
  }
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const auto proxy = environment.find(name);
    if (proxy == environment.end() || proxy->second.empty()) continue;
    reach.connect_ports.push_back(ProxyPort(proxy->second));
  }
  for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR", "OPENSSL_CONF"}) {
    if (const auto path = environment.find(name); path != environment.end()) {
      reach.read.push_back(path->second);
    }
  }
}

void AddStore(Reach& reach, const Config& config) {
  reach.write.push_back(config.data_dir);
  AddRenewable(reach.read, config.api_keys_file);
  AddRenewable(reach.read, config.keys.pin_file);
  AddRenewable(reach.write, config.vault.key_file);
  reach.write.push_back(config.audit.dir);
  AddRenewable(reach.write, config.audit.key_file);
  if (config.store.kind == StoreKind::kSqlite) AddRenewable(reach.write, config.store.path);
  if (config.store.kind != StoreKind::kPostgres) return;
  const auto postgres = storage::PostgresReachOf(config.store.dsn);
  for (const auto& file : postgres.files) AddRenewable(reach.read, file);
  std::ranges::copy(postgres.ports, std::back_inserter(reach.connect_ports));
}

template <class T>
void SortOnce(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

}  // namespace

void ReadSandbox(ConfigValues& values, Config& config) {
  auto& sandbox = config.sandbox;
  const std::string mode = values.Text("sandbox.mode");
  if (mode != "on" && mode != "log" && mode != "off") {
    values.Fault("sandbox.mode", "must be \"on\", \"log\" or \"off\"");
  }
  sandbox = {.mode = mode == "on"    ? SandboxMode::kOn
                     : mode == "log" ? SandboxMode::kLog
                                     : SandboxMode::kOff,
             .required = values.Boolean("sandbox.required"),
             .run_as = values.Text("sandbox.run_as"),
             .read = values.Texts("sandbox.read"),
             .write = values.Texts("sandbox.write"),
             .connect_ports = values.Integers("sandbox.connect_ports", 1, 65'535)};
  if (sandbox.required && mode != "on") {
    values.Fault("sandbox.required", "is true, so sandbox.mode must be \"on\"");
  }
  const auto check = [&](const char* key, std::size_t size) {
    if (size > kMostSandboxEntries) values.Fault(key, "must have at most 64 entries");
  };
  check("sandbox.read", sandbox.read.size());
  check("sandbox.write", sandbox.write.size());
  check("sandbox.connect_ports", sandbox.connect_ports.size());
}

Reach ReachOf(const Config& config, const std::map<std::string, std::string>& environment) {
  Reach reach;
  reach.read.assign(std::begin(kSystemFiles), std::end(kSystemFiles));
  reach.write = {"/dev/null"};
  AddListeners(reach, config);
  AddPeers(reach, config, environment);
  AddStore(reach, config);
  std::ranges::copy(config.sandbox.read, std::back_inserter(reach.read));
  std::ranges::copy(config.sandbox.write, std::back_inserter(reach.write));
  for (const std::int64_t port : config.sandbox.connect_ports) {
    reach.connect_ports.push_back(static_cast<std::uint16_t>(port));
  }
  SortOnce(reach.read);
  SortOnce(reach.write);
  SortOnce(reach.bind_ports);
  SortOnce(reach.connect_ports);
  return reach;
}

}  // namespace obolus::main
