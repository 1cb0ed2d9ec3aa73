#include "vault/embedded_vault.h"

#include <string_view>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/secret.h"
#include "vault/secret_json.h"

namespace obolus::vault {
namespace {

namespace json = base::json;
using base::ErrorCode;
using base::Fail;
using base::Result;
using base::SecretBytes;

SecretBytes PrintCard(const domain::Card& card) {
  SecretArena arena;
  json::value root(json::object_kind, arena.storage());
  json::object& object = root.get_object();
  object["account_number"] = card.account_number.text();
  object["expiry_month"] = card.expiry_month;
  object["expiry_year"] = card.expiry_year;
  object["cardholder_name"] = card.cardholder_name.text();
  object["network"] = domain::SpellingOf(card.network).event;
  return ToSecretText(root);
}

std::unexpected<base::Error> NotACard() {
  return Fail(ErrorCode::kMalformed, "the sealed record holds no card");
}

Result<domain::Card> ParseCard(const SecretBytes& text) {
  SecretArena arena;
  const Result<json::value> root = ParseSecretJson(text.text(), arena);
  if (!root || !root->is_object()) return NotACard();
  const json::object& object = root->get_object();
  const json::value* number = object.if_contains("account_number");
  const json::value* month = object.if_contains("expiry_month");
  const json::value* year = object.if_contains("expiry_year");
  const json::value* name = object.if_contains("cardholder_name");
  const json::value* network_text = object.if_contains("network");
  const bool is_complete = number != nullptr && number->is_string() && month != nullptr &&
                           month->is_int64() && year != nullptr && year->is_int64() &&
                           name != nullptr && name->is_string() && network_text != nullptr &&
                           network_text->is_string();
  if (!is_complete) return NotACard();
  const auto network = domain::ParseEventNetwork(network_text->get_string());
  if (!network) return NotACard();
  return domain::Card{SecretBytes(std::string_view(number->get_string())),
                      SecretBytes(),
                      SecretBytes(std::string_view(name->get_string())),
                      static_cast<int>(month->get_int64()),
                      static_cast<int>(year->get_int64()),
                      *network};
}

Result<SecretBytes> UnwrapUnder(const KeyRing& ring, const app::SealedCard& sealed) {
  const KeyEncryptionKey* key_encryption_key = ring.FindKeyEncryptionKey(sealed.key_id);
  if (key_encryption_key == nullptr) {
    return Fail(ErrorCode::kNotFound, "no key-encryption key " + sealed.key_id);
  }
  Result<SecretBytes> record_key =
      UnwrapRecordKey(key_encryption_key->key.view(), sealed.wrapped_key,
                      RecordPlace{sealed.id, sealed.session_id});
  if (!record_key || record_key->size() != kRecordKeySize) return NotACard();
  return record_key;
}

}  // namespace

void EmbeddedVault::Keep(domain::Card card, const base::Uuid& session_id,
                         base::Timestamp valid_until, std::string /*idempotency_key*/,
                         base::Done<app::StoredCard> done) {
  card.security_code.Wipe();
  const auto ring = keys_.ring();
  const KeyEncryptionKey& key_encryption_key = ring->CurrentKeyEncryptionKey();
  SecretBytes record_key = SecretBytes::OfSize(kRecordKeySize);
  base::FillRandom({record_key.data(), record_key.size()});

  app::SealedCard sealed;
  sealed.id = ids_.NewOrderedUuid(clock_.Now());
  sealed.session_id = session_id;
  sealed.key_id = key_encryption_key.id;
  const RecordPlace place{sealed.id, session_id};
  sealed.wrapped_key = seal_.WrapKey(key_encryption_key.key.view(), record_key.view(), place);
  sealed.ciphertext = seal_.SealCard(record_key.view(), PrintCard(card).view(), place);
  sealed.valid_until = valid_until;
  std::string id = base::ToString(sealed.id);
  done(app::StoredCard{std::move(id), "embedded", std::move(sealed)});
}

Result<domain::Card> EmbeddedVault::Open(const app::SealedCard& sealed) const {
  if (clock_.Now() >= sealed.valid_until) {
    return Fail(ErrorCode::kExpired, "the card's time in the vault is over");
  }
  const auto record_key = UnwrapUnder(*keys_.ring(), sealed);
  if (!record_key) return std::unexpected(record_key.error());
  const Result<SecretBytes> text = OpenSealedCard(record_key->view(), sealed.ciphertext,
                                                  RecordPlace{sealed.id, sealed.session_id});
  if (!text) return NotACard();
  return ParseCard(*text);
}

Result<app::SealedCard> EmbeddedVault::Rewrap(const app::SealedCard& sealed) const {
  const auto ring = keys_.ring();
  const auto record_key = UnwrapUnder(*ring, sealed);
  if (!record_key) return std::unexpected(record_key.error());
  const KeyEncryptionKey& key_encryption_key = ring->CurrentKeyEncryptionKey();
  app::SealedCard rewrapped = sealed;
  rewrapped.key_id = key_encryption_key.id;
  rewrapped.wrapped_key = seal_.WrapKey(key_encryption_key.key.view(), record_key->view(),
                                        RecordPlace{sealed.id, sealed.session_id});
  return rewrapped;
}

}  // namespace obolus::vault
