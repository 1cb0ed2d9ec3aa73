#include "vault/key_ring.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "base/json.h"
#include "vault/key_file.h"
#include "vault/secret_json.h"

namespace obolus::vault {

namespace json = base::json;
using base::ErrorCode;
using base::Fail;
using base::JweKey;
using base::JweKeyKind;
using base::Result;
using base::SecretBytes;
using base::Status;
using base::Timestamp;

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::size_t kKeySize = 32;
constexpr std::size_t kKeyNameSize = 8;

SecretBytes RandomKey() {
  SecretBytes key = SecretBytes::OfSize(kKeySize);
  base::FillRandom({key.data(), key.size()});
  return key;
}

std::string RandomName(const std::string& prefix) {
  std::array<std::uint8_t, kKeyNameSize> bytes{};
  base::FillRandom(bytes);
  return prefix + base::EncodeHex(bytes);
}

std::unexpected<base::Error> Fault(const std::string& where, std::string_view what) {
  return Fail(ErrorCode::kMalformed, where + " " + std::string(what));
}

Result<std::string> ReadText(const json::object& entry, std::string_view member,
                             const std::string& where) {
  const json::value* value = entry.if_contains(member);
  if (value == nullptr || !value->is_string() || value->get_string().empty()) {
    return Fault(where + "/" + std::string(member), "must be a text");
  }
  return std::string(value->get_string());
}

Result<SecretBytes> ReadKey(const json::object& entry, const std::string& where) {
  const json::value* value = entry.if_contains("key");
  if (value == nullptr || !value->is_string()) return Fault(where + "/key", "must be a text");
  Result<base::Bytes> bytes = base::DecodeBase64Url(value->get_string());
  if (!bytes || bytes->size() != kKeySize) {
    return Fault(where + "/key", "must be 32 bytes in base64url");
  }
  SecretBytes key{base::ByteView(*bytes)};
  base::WipeMemory(bytes->data(), bytes->size());
  return key;
}

Result<Timestamp> ReadCreatedAt(const json::object& entry, const std::string& where) {
  const Result<std::string> text = ReadText(entry, "created_at", where);
  if (!text) return std::unexpected(text.error());
  const Result<Timestamp> time = base::ParseTime(*text);
  if (!time) return Fault(where + "/created_at", "must be a time as in RFC 3339");
  return *time;
}

Result<KeyEncryptionKey> ReadKeyEncryptionKey(const json::object& entry, const std::string& where) {
  Result<std::string> id = ReadText(entry, "id", where);
  if (!id) return std::unexpected(std::move(id.error()));
  Result<SecretBytes> key = ReadKey(entry, where);
  if (!key) return std::unexpected(std::move(key.error()));
  const Result<Timestamp> created_at = ReadCreatedAt(entry, where);
  if (!created_at) return std::unexpected(created_at.error());
  return KeyEncryptionKey{std::move(*id), std::move(*key), *created_at};
}

Result<SessionHmacKey> ReadSessionKey(const json::object& entry, const std::string& where) {
  const json::value* id = entry.if_contains("id");
  if (id == nullptr || !id->is_int64() || id->get_int64() < 0 || id->get_int64() > 255) {
    return Fault(where + "/id", "must be a number from 0 to 255");
  }
  Result<SecretBytes> key = ReadKey(entry, where);
  if (!key) return std::unexpected(std::move(key.error()));
  const Result<Timestamp> created_at = ReadCreatedAt(entry, where);
  if (!created_at) return std::unexpected(created_at.error());
  return SessionHmacKey{static_cast<std::uint8_t>(id->get_int64()), std::move(*key), *created_at};
}

Result<EnvelopeKey> ReadEnvelopeKey(const json::object& entry, const std::string& where) {
  Result<std::string> id = ReadText(entry, "id", where);
  if (!id) return std::unexpected(std::move(id.error()));
  const json::value* pem = entry.if_contains("pem");
  if (pem == nullptr || !pem->is_string()) return Fault(where + "/pem", "must be a text");
  Result<JweKey> key = JweKey::FromPem(pem->get_string(), std::move(*id));
  if (!key) return Fault(where + "/pem", "must be a private key: " + key.error().message);
  const Result<Timestamp> created_at = ReadCreatedAt(entry, where);
  if (!created_at) return std::unexpected(created_at.error());
  return EnvelopeKey{std::move(*key), *created_at};
}

// Reads every entry of a list with `read_entry`; an empty list is a fault, and so are two entries
// for which `is_same` holds.
template <class T, class SameFn>
Status ReadList(const json::object& root, const std::string& member,
                Result<T> (*read_entry)(const json::object&, const std::string&), SameFn is_same,
                std::vector<T>* list) {
  const json::value* value = root.if_contains(member);
  if (value == nullptr || !value->is_array() || value->get_array().empty()) {
    return Fault("/" + member, "must be a list with at least one key");
  }
  for (const json::value& item : value->get_array()) {
    const std::string where = "/" + member + "/" + std::to_string(list->size());
    if (!item.is_object()) return Fault(where, "must be an object");
    Result<T> entry = read_entry(item.get_object(), where);
    if (!entry) return std::unexpected(std::move(entry.error()));
    for (const T& earlier : *list) {
      if (is_same(earlier, *entry)) return Fault(where + "/id", "is used twice");
    }
    list->push_back(std::move(*entry));
  }
  return {};
}

json::object KeyEntry(json::value id, const SecretBytes& key, Timestamp created_at,
                      SecretArena& arena) {
  std::string text = base::EncodeBase64Url(key.view());
  json::object entry(arena.storage());
  entry["id"] = std::move(id);
  entry["key"] = text;
  entry["created_at"] = base::FormatTime(created_at);
  base::WipeMemory(text.data(), text.size());
  return entry;
}

}  // namespace

// The file's text. Apart from KeyRing so that its header needs no JSON.
class KeyRingText {
 public:
  static Result<KeyRing> Parse(const SecretBytes& text) {
    SecretArena arena;
    const Result<json::value> root = ParseSecretJson(text.text(), arena);
    if (!root) return std::unexpected(root.error());
    if (!root->is_object()) return Fault("", "must be an object");
    const json::object& object = root->get_object();
    const json::value* version = object.if_contains("version");
    if (version == nullptr || !version->is_int64() || version->get_int64() != kVersion) {
      return Fault("/version", "must be 1; a newer obolus may have written this file");
    }
    KeyRing ring;
    if (Status status = ReadLists(object, &ring); !status) {
      return std::unexpected(std::move(status.error()));
    }
    for (const JweKeyKind kind : {JweKeyKind::kRsa, JweKeyKind::kEc}) {
      const bool is_there = std::ranges::any_of(
          ring.envelope_keys_,
          [kind](const EnvelopeKey& entry) { return entry.key.kind() == kind; });
      if (!is_there) return Fault("/envelope_keys", "must hold an RSA key and an EC key");
    }
    return ring;
  }

  static SecretBytes Print(const KeyRing& ring) {
    SecretArena arena;
    json::value root(json::object_kind, arena.storage());
    json::object& object = root.get_object();
    object["version"] = kVersion;
    json::array& key_encryption_keys = object["key_encryption_keys"].emplace_array();
    for (const auto& entry : ring.key_encryption_keys_) {
      key_encryption_keys.push_back(
          KeyEntry(json::value(entry.id), entry.key, entry.created_at, arena));
    }
    json::array& session_keys = object["session_keys"].emplace_array();
    for (const auto& entry : ring.session_keys_) {
      session_keys.push_back(KeyEntry(std::int64_t{entry.id}, entry.key, entry.created_at, arena));
    }
    json::array& envelope_keys = object["envelope_keys"].emplace_array();
    for (const auto& [key, created_at] : ring.envelope_keys_) {
      json::object entry(arena.storage());
      entry["id"] = key.kid();
      entry["pem"] = key.ToPem().text();
      entry["created_at"] = base::FormatTime(created_at);
      envelope_keys.push_back(std::move(entry));
    }
    return ToSecretText(root);
  }

 private:
  static Status ReadLists(const json::object& object, KeyRing* ring) {
    const auto same_id = [](const auto& a, const auto& b) { return a.id == b.id; };
    const auto same_kid = [](const EnvelopeKey& a, const EnvelopeKey& b) {
      return a.key.kid() == b.key.kid();
    };
    Status status = ReadList(object, "key_encryption_keys", ReadKeyEncryptionKey, same_id,
                             &ring->key_encryption_keys_);
    if (!status) return status;
    status = ReadList(object, "session_keys", ReadSessionKey, same_id, &ring->session_keys_);
    if (!status) return status;
    return ReadList(object, "envelope_keys", ReadEnvelopeKey, same_kid, &ring->envelope_keys_);
  }
};

KeyRing KeyRing::Generate(Timestamp now) {
  KeyRing ring;
  ring.key_encryption_keys_.push_back({RandomName("kek-"), RandomKey(), now});
  ring.session_keys_.push_back({1, RandomKey(), now});
  ring.envelope_keys_.push_back({JweKey::Generate(JweKeyKind::kEc, RandomName("ec-")), now});
  ring.envelope_keys_.push_back({JweKey::Generate(JweKeyKind::kRsa, RandomName("rsa-")), now});
  return ring;
}

Result<KeyRing> KeyRing::Open(const std::string& path, const base::Clock& clock) {
  Result<SecretBytes> text = ReadKeyFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    const SecretBytes fresh = KeyRingText::Print(Generate(clock.Now()));
    const Status created = CreateKeyFile(path, fresh.view());
    // kConflict: another process was faster; its keys count.
    if (!created && created.error().code != ErrorCode::kConflict) {
      return std::unexpected(created.error());
    }
    text = ReadKeyFile(path);
  }
  if (!text) return std::unexpected(std::move(text.error()));
  Result<KeyRing> ring = KeyRingText::Parse(*text);
  if (!ring) ring.error().message = "key file " + path + ": " + ring.error().message;
  return ring;
}

const KeyEncryptionKey* KeyRing::FindKeyEncryptionKey(std::string_view id) const {
  const auto found = std::ranges::find(key_encryption_keys_, id, &KeyEncryptionKey::id);
  return found == key_encryption_keys_.end() ? nullptr : &*found;
}

base::ByteView KeyRing::SessionKeyHmac(std::uint8_t id) const {
  const auto found = std::ranges::find(session_keys_, id, &SessionHmacKey::id);
  return found == session_keys_.end() ? base::ByteView() : found->key.view();
}

std::vector<JweKey> KeyRing::EnvelopeKeys() const {
  std::vector<JweKey> keys;
  keys.reserve(envelope_keys_.size());
  for (const EnvelopeKey& entry : envelope_keys_) keys.push_back(entry.key.Clone());
  return keys;
}

std::vector<KeyRing::KeyInfo> KeyRing::List() const {
  std::vector<KeyInfo> list;
  list.reserve(key_encryption_keys_.size() + session_keys_.size() + envelope_keys_.size());
  for (const auto& entry : key_encryption_keys_) {
    list.push_back({"key_encryption", entry.id, entry.created_at});
  }
  for (const auto& entry : session_keys_) {
    list.push_back({"session", std::to_string(entry.id), entry.created_at});
  }
  for (const auto& entry : envelope_keys_) {
    list.push_back({"envelope", entry.key.kid(), entry.created_at});
  }
  return list;
}

}  // namespace obolus::vault
