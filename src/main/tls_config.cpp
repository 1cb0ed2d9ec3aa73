#include "main/tls_config.h"

#include <unistd.h>

#include "base/encoding.h"

namespace obolus::main {
namespace {

constexpr std::size_t kFingerprintBytes = 32;

// Fingerprints as OpenSSL prints them, with colons, or as one word of hex digits.
std::vector<std::string> ReadPins(ConfigValues& values, const std::string& key) {
  std::vector<std::string> pins = values.Texts(key);
  for (std::string& pin : pins) {
    std::erase(pin, ':');
    const auto bytes = base::DecodeHex(pin);
    if (!bytes || bytes->size() != kFingerprintBytes) {
      values.Fault(key, "must hold SHA-256 fingerprints: 64 hex digits each");
      return {};
    }
    pin = base::EncodeHex(*bytes);
  }
  return pins;
}

}  // namespace

net::TlsVersion ReadMinVersion(ConfigValues& values, const std::string& key) {
  const std::string version = values.Text(key);
  if (version == "1.2") return net::TlsVersion::k12;
  if (version != "1.3") values.Fault(key, "must be \"1.3\" or \"1.2\"");
  return net::TlsVersion::k13;
}

TlsConfig ReadTls(ConfigValues& values, const std::string& section, bool mutual_possible) {
  const std::string prefix = section + ".tls.";
  TlsConfig tls{.certificate = values.Text(prefix + "certificate"),
                .key = values.Text(prefix + "key"),
                .min_version = ReadMinVersion(values, prefix + "min_version")};
  if (mutual_possible) {
    tls.client_ca = values.Text(prefix + "client_ca");
    tls.client_crl = values.Text(prefix + "client_crl");
    tls.client_pins = ReadPins(values, prefix + "client_pins");
  }
  const std::string mode = values.Text(prefix + "mode");
  if (mode == "off") {
    tls.mode = TlsMode::kOff;
  } else if (mode == "server") {
    tls.mode = TlsMode::kServer;
  } else if (mode == "mutual" && mutual_possible) {
    tls.mode = TlsMode::kMutual;
  } else {
    values.Fault(prefix + "mode", mutual_possible ? "must be \"mutual\", \"server\" or \"off\""
                                                  : "must be \"server\" or \"off\"");
  }
  const auto readable = [&](const std::string& key, const std::string& path) {
    if (path.empty()) return values.Fault(prefix + key, "is needed: the path of a PEM file");
    if (access(path.c_str(), R_OK) != 0) {
      values.Fault(prefix + key, path + " cannot be read");
    }
  };
  if (tls.mode != TlsMode::kOff) {
    readable("certificate", tls.certificate);
    readable("key", tls.key);
  }
  if (tls.mode == TlsMode::kMutual) {
    readable("client_ca", tls.client_ca);
    if (!tls.client_crl.empty()) readable("client_crl", tls.client_crl);
  }
  return tls;
}

std::optional<net::ServerTls> ServerTlsOf(const TlsConfig& tls, const http::CallerPolicy* callers) {
  if (tls.mode == TlsMode::kOff) return std::nullopt;
  net::ServerTls server{.certificate_file = tls.certificate,
                        .key_file = tls.key,
                        .client_ca_file = tls.client_ca,
                        .client_certificates = net::ClientCertificates::kNone,
                        .client_crl_file = tls.client_crl,
                        .client_pins = tls.client_pins,
                        .min_version = tls.min_version};
  if (tls.mode == TlsMode::kMutual) {
    const bool either = callers != nullptr && (callers->rule == http::CallerRule::kEither ||
                                               callers->rule == http::CallerRule::kApiKey);
    server.client_certificates =
        either ? net::ClientCertificates::kOptional : net::ClientCertificates::kRequired;
  }
  return server;
}

net::ClientTls BridgeTlsOf(const Config& config) {
  return {.ca_file = config.bridge.ca,
          .certificate_file = config.bridge.certificate,
          .key_file = config.bridge.key,
          .min_version = config.bridge.min_version};
}

}  // namespace obolus::main
