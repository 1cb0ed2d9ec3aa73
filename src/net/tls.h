// What a TLS endpoint presents and whom it trusts. Files are PEM and are read when a server or
// client starts. TLS 1.2 and 1.3 only, Mozilla "intermediate" suites, no renegotiation, no
// compression.
#pragma once

#include <string>

namespace obolus::net {

enum class ClientCertificates { kNone, kOptional, kRequired };

struct ServerTls {
  std::string certificate_file{};  // chain, leaf first
  std::string key_file{};
  std::string client_ca_file{};  // needed unless kNone
  ClientCertificates client_certificates = ClientCertificates::kNone;
  bool http2 = false;  // offered, and preferred, beside HTTP/1.1 (ALPN)
};

struct ClientTls {
  std::string ca_file{};           // empty: the system's
  std::string certificate_file{};  // empty: no client certificate
  std::string key_file{};
};

}  // namespace obolus::net
