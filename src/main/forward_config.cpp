#include "main/forward_config.h"

#include <unistd.h>

#include <algorithm>

#include "base/url.h"

namespace obolus::main {
namespace {

constexpr char kDestinations[] = "forward.destinations";
constexpr std::size_t kMostDestinations = 32;  // each has a thread of its own

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

// An address instead of a name, in any of its spellings.
bool IsNumeric(std::string_view host) {
  return host.starts_with('[') ||
         host.find_first_not_of("0123456789abcdefx.") == std::string_view::npos;
}

// As libcurl takes what a name server would have said.
std::string ResolveEntry(const base::Url& url, const std::vector<std::string>& addresses) {
  std::string entry = url.host + ":" + std::to_string(url.port) + ":";
  for (const std::string& address : addresses) {
    if (!entry.ends_with(':')) entry += ',';
    entry += address.contains(':') ? "[" + address + "]" : address;
  }
  return entry;
}

void Check(ConfigValues& values, const std::string& place,
           const vault::ForwardDestination& destination) {
  const auto url = base::ParseUrl(destination.origin, base::HttpPolicy::kHttpOnLoopback);
  if (!url) {
    values.Fault(place + ".origin", destination.origin.empty() ? "is needed: where cards may go"
                                                               : url.error().message);
  } else if (url->Origin() != destination.origin) {
    values.Fault(place + ".origin",
                 "must be an origin such as https://api.processor.example, without a path");
  } else if (!destination.internal && (url->IsLoopback() || IsNumeric(url->host))) {
    values.Fault(
        place + ".origin",
        "must be a name on the Internet; an address, or one inside, needs internal = true");
  }
  if (!destination.path_prefix.starts_with('/')) {
    values.Fault(place + ".path_prefix", "must begin with /");
  }
  for (const std::string& method : destination.methods) {
    if (method != "POST" && method != "PUT" && method != "PATCH") {
      values.Fault(place + ".methods", "must be of POST, PUT, PATCH");
    }
  }
  if (destination.tls.certificate_file.empty() != destination.tls.key_file.empty()) {
    values.Fault(place + ".key", "and certificate go together");
  }
  for (const auto& [name, path] : {std::pair(".ca", destination.tls.ca_file),
                                   std::pair(".certificate", destination.tls.certificate_file),
                                   std::pair(".key", destination.tls.key_file)}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) {
      values.Fault(place + name, path + " cannot be read");
    }
  }
}

void ReadDestinations(ConfigValues& values, Config& config) {
  const auto tables = values.Tables(kDestinations, {"origin", "path_prefix", "methods", "ca",
                                                    "certificate", "key", "internal", "addresses"});
  if (tables.size() > kMostDestinations) values.Fault(kDestinations, "must be at most 32");
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto text = [&](const std::string& name, const std::string& otherwise = "") {
      const auto found = tables[i].find(name);
      return found == tables[i].end() ? otherwise : found->second;
    };
    vault::ForwardDestination destination{.origin = text("origin"),
                                          .path_prefix = text("path_prefix", "/"),
                                          .methods = Split(text("methods", "POST")),
                                          .tls = {.ca_file = text("ca"),
                                                  .certificate_file = text("certificate"),
                                                  .key_file = text("key")},
                                          .internal = text("internal") == "true"};
    const std::string place = kDestinations + ("[" + std::to_string(i) + "]");
    Check(values, place, destination);
    const auto url = base::ParseUrl(destination.origin, base::HttpPolicy::kHttpOnLoopback);
    if (const auto addresses = Split(text("addresses")); url && !addresses.empty()) {
      destination.resolve = {ResolveEntry(*url, addresses)};
    }
    config.forward.destinations.push_back(std::move(destination));
  }
}

}  // namespace

void ReadForward(ConfigValues& values, Config& config) {
  config.codes = {.kept_for_s = values.Integer("vault.cvc_kept_for_s", 0, 86'400),
                  .most = values.Integer("vault.cvc_most", 1, 1'000'000),
                  .shared = values.Boolean("vault.transient_sharing")};
  if (config.codes.shared && config.store.kind != StoreKind::kPostgres) {
    values.Fault("vault.transient_sharing",
                 "needs store.kind = \"postgres\": one process has nobody to share with, and a "
                 "security code must not be in a file");
  }
  config.forward.allowed_names = values.Texts("forward.allowed_names");
  config.forward.timeout_ms = values.Integer("forward.timeout_ms", 100, 120'000);
  config.forward.max_response_bytes =
      values.Integer("forward.max_response_bytes", 1'024, 16 * 1'024 * 1'024);
  config.forward.per_caller_per_s = values.Integer("forward.per_caller_per_s", 1, 100'000);
  config.forward.per_card_per_h = values.Integer("forward.per_card_per_h", 1, 100'000);
  for (std::string name : values.Texts("forward.response_headers")) {
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    for (const char* ours : {"content-length", "content-encoding", "transfer-encoding",
                             "connection", "set-cookie", "cache-control"}) {
      if (name == ours) values.Fault("forward.response_headers", name + " cannot be handed on");
    }
    config.forward.response_headers.push_back(std::move(name));
  }
  ReadDestinations(values, config);
}

vault::ForwarderOptions ForwarderOptionsOf(const Config& config) {
  return {.destinations = config.forward.destinations,
          .response_headers = config.forward.response_headers,
          .timeout = base::Millis(config.forward.timeout_ms),
          .max_response_bytes = static_cast<std::size_t>(config.forward.max_response_bytes)};
}

vault::TransientCodeOptions CodeOptionsOf(const Config& config) {
  return {.most = static_cast<std::size_t>(config.codes.most),
          .kept_for = std::chrono::seconds(config.codes.kept_for_s),
          .shared = config.codes.shared};
}

app::ForwardLimitOptions ForwardLimitsOf(const Config& config) {
  return {.per_caller_per_s = static_cast<int>(config.forward.per_caller_per_s),
          .per_card_per_h = static_cast<int>(config.forward.per_card_per_h)};
}

}  // namespace obolus::main
