// What a TLS endpoint presents and whom it trusts. Files are PEM and are read when a server or
// client starts, and when a server is told to read them again. TLS 1.3, and 1.2 where it is allowed
// with Mozilla's "intermediate" suites; no renegotiation, no compression.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace obolus::net {

enum class TlsVersion : std::uint8_t { k12, k13 };

enum class ClientCertificates { kNone, kOptional, kRequired };

struct ServerTls {
  std::string certificate_file{};  // chain, leaf first
  std::string key_file{};
  std::string client_ca_file{};  // needed unless kNone
  ClientCertificates client_certificates = ClientCertificates::kNone;
  bool http2 = false;             // offered, and preferred, beside HTTP/1.1 (ALPN)
  std::string client_crl_file{};  // revocation lists of all authorities; empty: none is asked
  std::vector<std::string> client_pins{};  // SHA-256 of certificates, lower-case hex; empty: any
  TlsVersion min_version = TlsVersion::k12;
};

struct ClientTls {
  std::string ca_file{};           // empty: the system's
  std::string certificate_file{};  // empty: no client certificate
  std::string key_file{};
  TlsVersion min_version = TlsVersion::k12;
};

}  // namespace obolus::net
