// The sender's side of base/jwe: a card form's work, for programs that play the shopper. Compact
// JWE (RFC 7516) with ECDH-ES in Direct Key Agreement mode on P-256 and A256GCM (RFC 7518 §4.6),
// under the public JWK that a session's state shows as `jwk_ec`. Obolus itself never encrypts so;
// the sandbox's shopper does. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace obolus::base {

// The token, with a fresh ephemeral key. kInvalid: `jwk` is no P-256 key (kty, crv, x, y), or its
// point is not on the curve. A `kid` that it names goes into the header.
Result<std::string> EncryptJwe(const json::object& jwk, std::string_view plaintext);

}  // namespace obolus::base
