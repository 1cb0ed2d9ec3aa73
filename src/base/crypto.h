// The primitives that Obolus uses, over OpenSSL 3 with algorithms fetched once: SHA-256,
// HMAC-SHA-256, HKDF-SHA-256, AES-256-GCM and random bytes. No protocol lives here: JOSE is
// base/jwe. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/encoding.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::base {

// What does the work: "OpenSSL 3.0.17 1 Jul 2025".
std::string_view CryptoLibrary();

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest Sha256(ByteView data);
Sha256Digest HmacSha256(ByteView key, ByteView data);

// 32 bytes by HKDF-SHA-256 (RFC 5869): a key for the one purpose that `info` names.
SecretBytes HkdfSha256(ByteView key, ByteView salt, ByteView info);

// From the operating system's generator by way of OpenSSL; CHECKs that it works.
void FillRandom(std::span<std::uint8_t> out);

// AES-256-GCM (NIST SP 800-38D). The sealed form is nonce (12) || ciphertext || tag (16); the nonce
// is random, so one key must seal fewer than 2^32 messages. `key` is 32 bytes (CHECK).
Bytes Seal(ByteView key, ByteView plaintext, ByteView associated_data);
// kMalformed: too short, or the tag does not match (wrong key, changed bytes, other associated
// data).
Result<SecretBytes> Unseal(ByteView key, ByteView sealed, ByteView associated_data);

// The raw forms, for formats that carry nonce and tag in their own way. Sealing gives ciphertext ||
// tag (16); `nonce` is 12 bytes (CHECK), and the caller sees to it that it never comes twice with
// one key.
Bytes SealGcm(ByteView key, ByteView nonce, ByteView plaintext, ByteView associated_data);
// `nonce` 12 bytes, `tag` 16. kMalformed: wrong sizes, or the tag does not match.
Result<SecretBytes> OpenGcm(ByteView key, ByteView nonce, ByteView ciphertext, ByteView tag,
                            ByteView associated_data);

}  // namespace obolus::base
