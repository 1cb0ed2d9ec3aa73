// Session keys: the only credential a shopper's browser has. A key names its kind, the server key
// it was made with, the session's ordered id, and a secret that is derived from all of these by
// HMAC; so nothing that opens a session is stored, and the same key can be answered again. Text:
// "pay_", "tds_" or "ret_" and 50 characters of base64url. Never logged. Used by app/ and http/;
// any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/snapshot.h"

namespace obolus::app {

enum class KeyPurpose : std::uint8_t {
  kPayment,  // "pay_": a payment session
  kTds,      // "tds_": a 3-D Secure session
  kReturn,   // "ret_": the tds_return_url of a payment session's card
};

struct SessionKeySecret {
  std::uint8_t id = 0;
  base::SecretBytes secret;  // 32 bytes
};

class SessionKeys {
 public:
  // The one in use first, at least one (CHECK). Older ones stay until their sessions have ended.
  explicit SessionKeys(std::vector<SessionKeySecret> secrets);

  // From now on these, as above.
  void Replace(std::vector<SessionKeySecret> secrets);

  std::uint8_t current_id() const { return secrets_.Get()->front().id; }

  // The key of that session under that server key; a server key that is gone answers under the
  // current one.
  std::string Make(KeyPurpose purpose, const base::Uuid& session_id, std::uint8_t secret_id) const;
  std::string Make(KeyPurpose purpose, const base::Uuid& session_id) const {
    return Make(purpose, session_id, current_id());
  }

  // The session's id. kNotFound for everything else: other text, another purpose, a wrong secret
  // (compared in constant time), a server key that is gone. The message never repeats the key.
  base::Result<base::Uuid> Open(KeyPurpose purpose, std::string_view key) const;

 private:
  base::Snapshot<std::vector<SessionKeySecret>> secrets_;
};

// By the prefix alone. kNotFound when there is none that we know.
base::Result<KeyPurpose> PurposeOf(std::string_view key);

}  // namespace obolus::app
