// The TLS of listeners and of our clients, as the configuration says it: settings of [*.tls] into
// values, and these into what net/tls.h wants. Used by main/config, when it reads, and by
// main/listeners and main/reloads, when they start or renew.
#pragma once

#include "main/config.h"
#include "main/config_values.h"
#include "net/tls.h"

namespace obolus::main {

// Of `section` ("commerce"). `mutual_possible`: client certificates may be asked for, and then
// client_ca, client_crl and client_pins are settings of it. Faults go to `values`.
TlsConfig ReadTls(ConfigValues& values, const std::string& section, bool mutual_possible);

// Of one of our clients: `section` is "bridge" or "vault.guardian".
net::TlsVersion ReadMinVersion(ConfigValues& values, const std::string& key);

// Absent: plain. `callers` absent, or by a rule that wants no certificate: none is asked for.
std::optional<net::ServerTls> ServerTlsOf(const TlsConfig& tls, const http::CallerPolicy* callers);

net::ClientTls BridgeTlsOf(const Config& config);

}  // namespace obolus::main
