// Opens the JWEs in which card frames and the public SDKs send cards (contract §4.1), and reads
// their plaintext as tolerantly as those senders differ. Whether it is a good card is for
// domain/card to say. Any thread.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "app/ports/envelope.h"
#include "base/jwe.h"
#include "base/result.h"
#include "base/snapshot.h"
#include "domain/card.h"

namespace obolus::vault {

class JweEnvelope final : public app::Envelope {
 public:
  // Those in use first; at least one RSA and one EC key (CHECK).
  explicit JweEnvelope(std::vector<base::JweKey> keys) : keys_(Keys(std::move(keys))) {}

  // From now on these, as above. Who is opening an envelope meanwhile goes on with the old ones.
  void Replace(std::vector<base::JweKey> keys) { keys_.Set(Keys(std::move(keys))); }

  base::json::object RsaJwk() const override { return keys_.Get()->rsa_jwk; }
  base::json::object EcJwk() const override { return keys_.Get()->ec_jwk; }
  base::Result<domain::CardEntry> Open(std::string_view compact) const override;

 private:
  struct Keys {
    explicit Keys(std::vector<base::JweKey> keys);
    base::JweDecrypter decrypter;
    base::json::object rsa_jwk;
    base::json::object ec_jwk;
  };
  base::Snapshot<Keys> keys_;
};

// The plaintext alone, for tests and fuzzing: {account_number, expiry_month, expiry_year,
// security_code, additional_data: {cardholder_name, card_network}}. Months and years are numbers or
// numeric texts, a year below 100 is 20yy, and "expiration_date" ("MM/YY" or "MM/YYYY") serves when
// month and year are both absent. Null and "" read as absent, unknown members are ignored. Errors:
// kMalformed (not a JSON object), kInvalid (wrong types or a network that we do not know, all of
// them named).
base::Result<domain::CardEntry> ReadCardEntry(std::string_view plaintext);

}  // namespace obolus::vault
