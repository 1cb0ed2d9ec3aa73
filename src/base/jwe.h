// Compact JWE decryption (RFC 7516) with A256GCM content encryption and the key algorithms ECDH-ES
// on P-256 (RFC 7518 §4.6, what our frame sends), RSA-OAEP-256 and RSA-OAEP (what the public SDKs
// send). Also makes such keys and prints their public halves as JWKs (RFC 7517). No other algorithm
// is accepted, "zip" and "crit" are refused. Any thread; the key objects are immutable.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::base {

enum class JweKeyKind { kRsa, kEc };

class JweKey {
 public:
  // A fresh key: RSA 2048 or P-256.
  static JweKey Generate(JweKeyKind kind, std::string kid);
  // From unencrypted PKCS#8 PEM. kMalformed: not such a key.
  static Result<JweKey> FromPem(std::string_view pem, std::string kid);
  JweKey(JweKey&&) noexcept;
  JweKey& operator=(JweKey&&) noexcept;
  ~JweKey();

  JweKeyKind kind() const;
  const std::string& kid() const;
  int Bits() const;
  JweKey Clone() const;  // shares the immutable key
  SecretBytes ToPem() const;
  // {"kty","n","e","kid","alg":"RSA-OAEP-256","use":"enc"} or
  // {"kty","crv","x","y","kid","alg":"ECDH-ES","use":"enc"}
  json::object PublicJwk() const;

 private:
  friend class JweDecrypter;
  struct Impl;
  explicit JweKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class JweDecrypter {
 public:
  // Current keys first; older ones stay for the overlap. A token without `kid` is tried with every
  // key of its kind in that order: a public SDK (Web 3.8.1) never names one.
  explicit JweDecrypter(std::vector<JweKey> keys);

  // The plaintext. Errors, in this order: kTooLarge (over 16 KiB), kMalformed (not five base64url
  // parts, header not a JSON object, an algorithm or member that we do not accept, an epk off the
  // curve), kNotFound (no key with this kid), kInvalid with pointer "" (decryption failed: wrong
  // key or changed bytes; the message never says which).
  Result<SecretBytes> Decrypt(std::string_view compact) const;

  // The newest key of a kind as public JWK; CHECKs that there is one.
  json::object PublicJwk(JweKeyKind kind) const;

 private:
  std::vector<JweKey> keys_;
};

}  // namespace obolus::base
