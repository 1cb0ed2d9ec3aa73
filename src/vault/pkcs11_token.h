// A key in a PKCS#11 token (an HSM) that seals the key file: the AES-256 key "obolus", made in the
// token on first use, sensitive and not extractable. The token opens the file at the start and
// seals it anew at a change; cards are sealed with the keys in memory
// (docs/adr/0013-token-master-key.md says why). Loads the vendor's library, so it is opened before
// the sandbox closes. One call at a time (a mutex), any thread.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

class Pkcs11Token {
 public:
  struct Options {
    std::string module;    // path of the library
    std::string token;     // its label
    std::string pin_file;  // mode 0600; one line
  };

  // Errors, in order: those of vault/key_file for the PIN; kUnavailable (the library or the token
  // is not there, or refuses; names the call); kForbidden (the PIN is wrong).
  static base::Result<std::unique_ptr<Pkcs11Token>> Open(const Options& options);
  ~Pkcs11Token();

  // "OBOLUS-P11-1:" || nonce (12) || ciphertext || tag (16), by CKM_AES_GCM in the token. Called
  // once a change of keys, so random nonces do. kUnavailable: names the call.
  base::Result<base::SecretBytes> Seal(base::ByteView plaintext);
  // Errors, in order: kMalformed (not of that form), kUnavailable (the token refuses: it is gone,
  // or the file was sealed by another one or changed).
  base::Result<base::SecretBytes> Unseal(base::ByteView sealed);

 private:
  struct Impl;
  explicit Pkcs11Token(std::unique_ptr<Impl> impl);
  std::mutex mutex_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace obolus::vault
