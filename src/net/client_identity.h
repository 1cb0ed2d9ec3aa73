// The PEM texts of a TLS client, read once when it starts and checked for being what they should
// be. A file that is missing or wrong is thus named at the start, not at the first delivery. Used
// by http_client.
#pragma once

#include <string>

#include "base/result.h"
#include "net/tls.h"

namespace obolus::net {

struct ClientIdentity {
  std::string ca;           // empty: the system's
  std::string certificate;  // empty: none
  std::string key;
  TlsVersion min_version = TlsVersion::k12;
};

// kForbidden: a key that others may read. kInvalid: a file that cannot be read or holds something
// else, a key that does not fit.
base::Result<ClientIdentity> ReadClientIdentity(const ClientTls& tls);

}  // namespace obolus::net
