// What a PEM file of certificates or revocation lists says of itself: until when it is good, for
// whom, and whether a key fits. For metrics and `obolus check`; nothing here decides whom to
// believe. Any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace obolus::net {

struct CertificateFacts {
  std::string subject{};  // RFC 2253
  base::Timestamp not_before{};
  base::Timestamp not_after{};  // of a revocation list: its next update
};

// Of each certificate in the file, in its order. kInvalid: it cannot be read or holds none.
base::Result<std::vector<CertificateFacts>> ReadCertificates(const std::string& file);
// Of each revocation list; the subject is its issuer's. One without a next update is never over.
base::Result<std::vector<CertificateFacts>> ReadRevocationLists(const std::string& file);

// What is wrong with a server's chain, leaf first, for a client that comes to `host`; empty: it is
// good. Looks whether the leaf names the host, is for servers, and each certificate was issued by
// the next one; whether the last leads to an authority that clients know is for them to say.
std::vector<std::string> FindChainFaults(const std::string& file, const std::string& host);

// Whether the private key is the leaf's. kForbidden, kInvalid: it cannot be read or does not fit.
base::Status CheckKeyFits(const std::string& certificate_file, const std::string& key_file);

}  // namespace obolus::net
