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

constexpr std::size_t kRecordKeySize = 32;

// What a sealed thing is bound to, so that neither a row nor its key can stand in for another.
base::Bytes Binding(std::string_view what, const base::Uuid& id, const base::Uuid& session_id) {
  base::Bytes bytes(what.begin(), what.end());
  bytes.insert(bytes.end(), id.bytes.begin(), id.bytes.end());
  bytes.insert(bytes.end(), session_id.bytes.begin(), session_id.bytes.end());
  return bytes;
}
base::Bytes CardBinding(const base::Uuid& id, const base::Uuid& session_id) {
  return Binding("obolus card 1:", id, session_id);
}
base::Bytes RecordKeyBinding(const base::Uuid& id, const base::Uuid& session_id) {
  return Binding("obolus card key 1:", id, session_id);
}

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

std::string SealToText(base::ByteView key, base::ByteView plaintext, base::ByteView binding) {
  return std::string(base::AsText(base::Seal(key, plaintext, binding)));
}

}  // namespace

void EmbeddedVault::Keep(domain::Card card, const base::Uuid& session_id,
                         base::Timestamp valid_until, std::string /*idempotency_key*/,
                         base::Done<app::StoredCard> done) {
  card.security_code.Wipe();
  const KeyEncryptionKey& key_encryption_key = keys_.CurrentKeyEncryptionKey();
  SecretBytes record_key = SecretBytes::OfSize(kRecordKeySize);
  base::FillRandom({record_key.data(), record_key.size()});

  app::SealedCard sealed;
  sealed.id = ids_.NewOrderedUuid(clock_.Now());
  sealed.session_id = session_id;
  sealed.key_id = key_encryption_key.id;
  sealed.wrapped_key = SealToText(key_encryption_key.key.view(), record_key.view(),
                                  RecordKeyBinding(sealed.id, session_id));
  sealed.ciphertext =
      SealToText(record_key.view(), PrintCard(card).view(), CardBinding(sealed.id, session_id));
  sealed.valid_until = valid_until;
  std::string id = base::ToString(sealed.id);
  done(app::StoredCard{std::move(id), "embedded", std::move(sealed)});
}

Result<domain::Card> EmbeddedVault::Open(const app::SealedCard& sealed) const {
  if (clock_.Now() >= sealed.valid_until) {
    return Fail(ErrorCode::kExpired, "the card's time in the vault is over");
  }
  const KeyEncryptionKey* key_encryption_key = keys_.FindKeyEncryptionKey(sealed.key_id);
  if (key_encryption_key == nullptr) {
    return Fail(ErrorCode::kNotFound, "no key-encryption key " + sealed.key_id);
  }
  const Result<SecretBytes> record_key =
      base::Unseal(key_encryption_key->key.view(), base::AsBytes(sealed.wrapped_key),
                   RecordKeyBinding(sealed.id, sealed.session_id));
  if (!record_key || record_key->size() != kRecordKeySize) return NotACard();
  const Result<SecretBytes> text =
      base::Unseal(record_key->view(), base::AsBytes(sealed.ciphertext),
                   CardBinding(sealed.id, sealed.session_id));
  if (!text) return NotACard();
  return ParseCard(*text);
}

}  // namespace obolus::vault
