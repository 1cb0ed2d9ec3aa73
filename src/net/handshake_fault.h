// Why a TLS handshake came to nothing, as a closed list: metrics count by it and auditors read it.
// What the peer's certificate was is kept as text for people. Pure values; made by
// client_certificate_check and http_connection, on an engine thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace obolus::net {

enum class HandshakeFault : std::uint8_t {
  kNoCertificate,      // one is needed
  kUntrusted,          // of no authority of ours, or its chain does not lead there
  kExpired,            // it, an intermediate, or its time has not come
  kRevoked,            // it or an intermediate
  kRevocationUnknown,  // no list of an issuer, or one whose time is over
  kWrongPurpose,       // no clientAuth, an authority's, a path that may not be so long
  kWeak,               // its key or signature
  kMalformed,          // what RFC 5280 forbids
  kNotAllowed,         // name constraints, pins
  kBadProof,           // the peer does not have the key, or bytes were changed
  kProtocol,           // version, suites, ALPN, not TLS at all
  kGone,               // the peer went, or took too long: nothing to refuse
};

std::string_view ToString(HandshakeFault fault);  // "no_certificate", …
std::span<const HandshakeFault> AllHandshakeFaults();
// Whether a certificate, or the want of one, was the reason.
bool IsAboutCertificate(HandshakeFault fault);

struct HandshakeRefusal {
  HandshakeFault fault = HandshakeFault::kProtocol;
  std::string detail{};       // for people: "certificate revoked"
  std::string subject{};      // what the certificate says of itself, believed or not; may be empty
  std::string fingerprint{};  // its SHA-256, hex; empty without one
  std::string address{};      // of the peer
};

}  // namespace obolus::net
