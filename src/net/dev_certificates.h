// A private certificate authority with the certificates that trying Obolus out needs: ECDSA P-256,
// valid for 90 days, made fresh at run time and never committed. Not for production. Called by
// `obolus certs dev`, the demo and tests.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace obolus::net {

// Writes ca.pem/.key, obolus-server, obolus-client (CN obolus), commerce-client (CN commerce),
// bridge-server, shop-server (servers: SAN localhost, *.localhost, 127.0.0.1, ::1; OpenSSL clients
// do not accept the wildcard, browsers may), and other-ca with stranger-client, each .pem and .key,
// keys with mode 0600, into `folder` (made when missing, 0700). A complete set that is valid for
// another week is left alone; the result says whether anything was written. kUnavailable: the
// folder cannot be written.
base::Result<bool> MakeDevCertificates(const std::filesystem::path& folder);

}  // namespace obolus::net
