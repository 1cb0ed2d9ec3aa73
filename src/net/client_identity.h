// The PEM texts of a TLS client, read once when it starts and checked for being what they should
// be.
#pragma once

#include <string>

#include "base/result.h"
#include "net/tls.h"

namespace obolus::net {

struct ClientIdentity {
  std::string ca;           // empty: the system's
  std::string certificate;  // empty: none
  std::string key;
};

// kInvalid: a file that cannot be read or holds something else, a key that does not fit.
base::Result<ClientIdentity> ReadClientIdentity(const ClientTls& tls);

}  // namespace obolus::net
