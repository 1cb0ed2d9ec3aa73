#include "vault/key_ring_text.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "vault/secret_json.h"

namespace obolus::vault {
namespace {

namespace json = base::json;
using base::ErrorCode;
using base::Fail;
using base::JweKey;
using base::JweKeyKind;
using base::Result;
using base::SecretBytes;
using base::Status;
using base::Timestamp;

constexpr std::int64_t kVersion = 2;
constexpr std::size_t kKeySize = 32;

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

Result<Timestamp> ReadTime(const json::object& entry, const std::string& member,
                           const std::string& where) {
  const Result<std::string> text = ReadText(entry, member, where);
  if (!text) return std::unexpected(text.error());
  const Result<Timestamp> time = base::ParseTime(*text);
  if (!time) return Fault(where + "/" + member, "must be a time as in RFC 3339");
  return *time;
}

Result<KeyTimes> ReadTimes(const json::object& entry, const std::string& where) {
  const Result<Timestamp> created_at = ReadTime(entry, "created_at", where);
  if (!created_at) return std::unexpected(created_at.error());
  if (!entry.contains("active_at")) return KeyTimes{*created_at, *created_at};  // version 1
  const Result<Timestamp> active_at = ReadTime(entry, "active_at", where);
  if (!active_at) return std::unexpected(active_at.error());
  return KeyTimes{*created_at, *active_at};
}

Result<KeyEncryptionKey> ReadKeyEncryptionKey(const json::object& entry, const std::string& where) {
  Result<std::string> id = ReadText(entry, "id", where);
  if (!id) return std::unexpected(std::move(id.error()));
  Result<SecretBytes> key = ReadKey(entry, where);
  if (!key) return std::unexpected(std::move(key.error()));
  const Result<KeyTimes> times = ReadTimes(entry, where);
  if (!times) return std::unexpected(times.error());
  return KeyEncryptionKey{std::move(*id), std::move(*key), *times};
}

Result<SessionHmacKey> ReadSessionKey(const json::object& entry, const std::string& where) {
  const json::value* id = entry.if_contains("id");
  if (id == nullptr || !id->is_int64() || id->get_int64() < 0 || id->get_int64() > 255) {
    return Fault(where + "/id", "must be a number from 0 to 255");
  }
  Result<SecretBytes> key = ReadKey(entry, where);
  if (!key) return std::unexpected(std::move(key.error()));
  const Result<KeyTimes> times = ReadTimes(entry, where);
  if (!times) return std::unexpected(times.error());
  return SessionHmacKey{static_cast<std::uint8_t>(id->get_int64()), std::move(*key), *times};
}

Result<EnvelopeKey> ReadEnvelopeKey(const json::object& entry, const std::string& where) {
  Result<std::string> id = ReadText(entry, "id", where);
  if (!id) return std::unexpected(std::move(id.error()));
  const json::value* pem = entry.if_contains("pem");
  if (pem == nullptr || !pem->is_string()) return Fault(where + "/pem", "must be a text");
  Result<JweKey> key = JweKey::FromPem(pem->get_string(), std::move(*id));
  if (!key) return Fault(where + "/pem", "must be a private key: " + key.error().message);
  const Result<KeyTimes> times = ReadTimes(entry, where);
  if (!times) return std::unexpected(times.error());
  return EnvelopeKey{std::move(*key), *times};
}

Result<app::KeyInfo> ReadRetired(const json::object& entry, const std::string& where) {
  app::KeyInfo info{.state = app::KeyState::kRetired};
  const Result<std::string> kind_text = ReadText(entry, "kind", where);
  if (!kind_text) return std::unexpected(kind_text.error());
  const auto kind = app::ParseKeyKind(*kind_text);
  if (!kind) return Fault(where + "/kind", "must be key_encryption, session or envelope");
  info.kind = *kind;
  Result<std::string> id = ReadText(entry, "id", where);
  if (!id) return std::unexpected(std::move(id.error()));
  info.id = std::move(*id);
  Result<std::string> algorithm = ReadText(entry, "algorithm", where);
  if (!algorithm) return std::unexpected(std::move(algorithm.error()));
  info.algorithm = std::move(*algorithm);
  const Result<KeyTimes> times = ReadTimes(entry, where);
  if (!times) return std::unexpected(times.error());
  info.created_at = times->created_at;
  info.active_at = times->active_at;
  for (auto [member, time] :
       {std::pair("replaced_at", &info.replaced_at), std::pair("retired_at", &info.retired_at)}) {
    const Result<Timestamp> read = ReadTime(entry, member, where);
    if (!read) return std::unexpected(read.error());
    *time = *read;
  }
  return info;
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

void PutTimes(json::object& entry, const KeyTimes& times) {
  entry["created_at"] = base::FormatTime(times.created_at);
  entry["active_at"] = base::FormatTime(times.active_at);
}

json::object KeyEntry(json::value id, const SecretBytes& key, const KeyTimes& times,
                      SecretArena& arena) {
  std::string text = base::EncodeBase64Url(key.view());
  json::object entry(arena.storage());
  entry["id"] = std::move(id);
  entry["key"] = text;
  PutTimes(entry, times);
  base::WipeMemory(text.data(), text.size());
  return entry;
}

// A ring without retired keys may have no such list.
Status ReadRetiredList(const json::object& object, std::vector<app::KeyInfo>* list) {
  const json::value* value = object.if_contains("retired");
  if (value == nullptr || (value->is_array() && value->get_array().empty())) return {};
  const auto same = [](const app::KeyInfo& a, const app::KeyInfo& b) {
    return a.kind == b.kind && a.id == b.id;
  };
  return ReadList(object, "retired", ReadRetired, same, list);
}

json::object RetiredEntry(const app::KeyInfo& info) {
  json::object entry{
      {"kind", app::ToString(info.kind)}, {"id", info.id}, {"algorithm", info.algorithm}};
  PutTimes(entry, {info.created_at, info.active_at});
  entry["replaced_at"] = base::FormatTime(info.replaced_at.value_or(info.active_at));
  entry["retired_at"] = base::FormatTime(info.retired_at.value_or(info.active_at));
  return entry;
}

}  // namespace

Result<KeyRing> KeyRingText::Parse(const SecretBytes& text) {
  SecretArena arena;
  const Result<json::value> root = ParseSecretJson(text.text(), arena);
  if (!root) return std::unexpected(root.error());
  if (!root->is_object()) return Fault("", "must be an object");
  const json::object& object = root->get_object();
  const json::value* version = object.if_contains("version");
  if (version == nullptr || !version->is_int64() || version->get_int64() < 1 ||
      version->get_int64() > kVersion) {
    return Fault("/version", "must be 1 or 2; a newer obolus may have written this file");
  }
  KeyRing ring;
  const auto same_id = [](const auto& a, const auto& b) { return a.id == b.id; };
  const auto same_kid = [](const EnvelopeKey& a, const EnvelopeKey& b) {
    return a.key.kid() == b.key.kid();
  };
  Status status = ReadList(object, "key_encryption_keys", ReadKeyEncryptionKey, same_id,
                           &ring.key_encryption_keys_);
  if (status) {
    status = ReadList(object, "session_keys", ReadSessionKey, same_id, &ring.session_keys_);
  }
  if (status) {
    status = ReadList(object, "envelope_keys", ReadEnvelopeKey, same_kid, &ring.envelope_keys_);
  }
  if (status) status = ReadRetiredList(object, &ring.retired_);
  if (!status) return std::unexpected(std::move(status.error()));
  for (const JweKeyKind kind : {JweKeyKind::kRsa, JweKeyKind::kEc}) {
    const bool is_there = std::ranges::any_of(
        ring.envelope_keys_, [kind](const EnvelopeKey& entry) { return entry.key.kind() == kind; });
    if (!is_there) return Fault("/envelope_keys", "must hold an RSA key and an EC key");
  }
  return ring;
}

SecretBytes KeyRingText::Print(const KeyRing& ring) {
  SecretArena arena;
  json::value root(json::object_kind, arena.storage());
  json::object& object = root.get_object();
  object["version"] = kVersion;
  json::array& key_encryption_keys = object["key_encryption_keys"].emplace_array();
  for (const auto& entry : ring.key_encryption_keys_) {
    key_encryption_keys.push_back(KeyEntry(json::value(entry.id), entry.key, entry.times, arena));
  }
  json::array& session_keys = object["session_keys"].emplace_array();
  for (const auto& entry : ring.session_keys_) {
    session_keys.push_back(KeyEntry(std::int64_t{entry.id}, entry.key, entry.times, arena));
  }
  json::array& envelope_keys = object["envelope_keys"].emplace_array();
  for (const auto& [key, times] : ring.envelope_keys_) {
    json::object entry(arena.storage());
    entry["id"] = key.kid();
    entry["pem"] = key.ToPem().text();
    PutTimes(entry, times);
    envelope_keys.push_back(std::move(entry));
  }
  json::array& retired = object["retired"].emplace_array();
  for (const auto& info : ring.retired_) retired.push_back(RetiredEntry(info));
  return ToSecretText(root);
}

}  // namespace obolus::vault
