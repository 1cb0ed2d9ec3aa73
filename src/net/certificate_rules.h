// The rules for certificates of peers that OpenSSL's own verification leaves to us: keys,
// signatures, versions, serial numbers, extensions, names. Each says what is wrong in a few words,
// or nothing. Pure; used by client_certificate_check.
#pragma once

#include <openssl/x509.h>

#include <optional>
#include <string>

#include "net/handshake_fault.h"

namespace obolus::net {

struct CertificateFault {
  HandshakeFault fault;
  const char* detail;
};

// RSA of 2048 to 8192 bits with an exponent of 65537 or more, P-256, P-384, P-521, Ed25519, Ed448.
std::optional<CertificateFault> FindWeakKey(X509* certificate);
// Made with at least 112 bits: no MD5, no SHA-1.
std::optional<CertificateFault> FindWeakSignature(X509* certificate);
// Version 3, a positive serial number of at most 20 bytes, no extension twice (RFC 5280 §4.1, 4.2).
std::optional<CertificateFault> FindMalformed(X509* certificate);
// Says clientAuth, is no authority's, and may sign.
std::optional<CertificateFault> FindWrongPurpose(X509* certificate);
// At most one common name, as PrintableString or UTF8String; alternative names in plain ASCII
// without "*"; at least one name. No control characters, no NUL: "good\0.evil" is not "good".
std::optional<CertificateFault> FindBadNames(X509* certificate);

}  // namespace obolus::net
