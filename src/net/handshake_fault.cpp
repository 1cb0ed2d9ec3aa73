#include "net/handshake_fault.h"

#include <array>

namespace obolus::net {
namespace {

constexpr auto kFaults = std::to_array<HandshakeFault>(
    {HandshakeFault::kNoCertificate, HandshakeFault::kUntrusted, HandshakeFault::kExpired,
     HandshakeFault::kRevoked, HandshakeFault::kRevocationUnknown, HandshakeFault::kWrongPurpose,
     HandshakeFault::kWeak, HandshakeFault::kMalformed, HandshakeFault::kNotAllowed,
     HandshakeFault::kBadProof, HandshakeFault::kProtocol, HandshakeFault::kGone});

}  // namespace

std::string_view ToString(HandshakeFault fault) {
  switch (fault) {
    case HandshakeFault::kNoCertificate:
      return "no_certificate";
    case HandshakeFault::kUntrusted:
      return "untrusted";
    case HandshakeFault::kExpired:
      return "expired";
    case HandshakeFault::kRevoked:
      return "revoked";
    case HandshakeFault::kRevocationUnknown:
      return "revocation_unknown";
    case HandshakeFault::kWrongPurpose:
      return "wrong_purpose";
    case HandshakeFault::kWeak:
      return "weak";
    case HandshakeFault::kMalformed:
      return "malformed";
    case HandshakeFault::kNotAllowed:
      return "not_allowed";
    case HandshakeFault::kBadProof:
      return "bad_proof";
    case HandshakeFault::kProtocol:
      return "protocol";
    case HandshakeFault::kGone:
      return "gone";
  }
  return "protocol";
}

std::span<const HandshakeFault> AllHandshakeFaults() {
  return kFaults;
}

bool IsAboutCertificate(HandshakeFault fault) {
  return fault != HandshakeFault::kProtocol && fault != HandshakeFault::kGone;
}

}  // namespace obolus::net
