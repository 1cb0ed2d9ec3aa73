#include "vault/key_ring.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "base/encoding.h"
#include "vault/key_file.h"
#include "vault/key_ring_text.h"

namespace obolus::vault {

using app::KeyInfo;
using app::KeyKind;
using app::KeyState;
using base::ErrorCode;
using base::Fail;
using base::JweKey;
using base::JweKeyKind;
using base::Result;
using base::SecretBytes;
using base::Status;
using base::Timestamp;

namespace {

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

// The newest whose time has come. Where none has (the machine's clock went back), the oldest.
template <class T>
std::size_t CurrentOf(const std::vector<T>& keys, Timestamp now) {
  const auto found =
      std::ranges::find_if(keys, [now](const T& key) { return key.times.active_at <= now; });
  return found == keys.end() ? keys.size() - 1
                             : static_cast<std::size_t>(std::distance(keys.begin(), found));
}

KeyInfo InfoOf(const KeyEncryptionKey& key) {
  return {.kind = KeyKind::kKeyEncryption, .id = key.id, .algorithm = "AES-256-GCM"};
}
KeyInfo InfoOf(const SessionHmacKey& key) {
  return {.kind = KeyKind::kSession, .id = std::to_string(key.id), .algorithm = "HMAC-SHA-256"};
}
KeyInfo InfoOf(const EnvelopeKey& entry) {
  return {.kind = KeyKind::kEnvelope,
          .id = entry.key.kid(),
          .algorithm = entry.key.kind() == JweKeyKind::kRsa
                           ? "RSA-OAEP " + std::to_string(entry.key.Bits())
                           : "ECDH-ES P-256"};
}

// What List says of keys of one kind, or of the envelope keys of one algorithm.
template <class T, class F>
void Describe(const std::vector<T>& keys, Timestamp now, F belongs, std::vector<KeyInfo>* list) {
  std::vector<const T*> those;
  for (const T& key : keys) {
    if (belongs(key)) those.push_back(&key);
  }
  std::size_t current = 0;
  while (current + 1 < those.size() && those[current]->times.active_at > now) ++current;
  for (std::size_t i = 0; i < those.size(); ++i) {
    KeyInfo info = InfoOf(*those[i]);
    info.created_at = those[i]->times.created_at;
    info.active_at = those[i]->times.active_at;
    info.state = i < current    ? KeyState::kPending
                 : i == current ? KeyState::kActive
                                : KeyState::kAccepting;
    if (i > current) info.replaced_at = those[i - 1]->times.active_at;
    list->push_back(std::move(info));
  }
}

}  // namespace

KeyRing KeyRing::Generate(Timestamp now) {
  const KeyTimes times{now, now};
  KeyRing ring;
  ring.as_of_ = now;
  ring.key_encryption_keys_.push_back({RandomName("kek-"), RandomKey(), times});
  ring.session_keys_.push_back({1, RandomKey(), times});
  ring.envelope_keys_.push_back({JweKey::Generate(JweKeyKind::kEc, RandomName("ec-")), times});
  ring.envelope_keys_.push_back({JweKey::Generate(JweKeyKind::kRsa, RandomName("rsa-")), times});
  return ring;
}

Result<KeyRing> KeyRing::Open(const std::string& path, const base::Clock& clock) {
  Result<SecretBytes> text = ReadKeyFile(path);
  if (!text && text.error().code == ErrorCode::kNotFound) {
    const SecretBytes fresh = Generate(clock.Now()).Print();
    const Status created = CreateKeyFile(path, fresh.view());
    // kConflict: another process was faster; its keys count.
    if (!created && created.error().code != ErrorCode::kConflict) {
      return std::unexpected(created.error());
    }
    text = ReadKeyFile(path);
  }
  if (!text) return std::unexpected(std::move(text.error()));
  Result<KeyRing> ring = Parse(*text, clock.Now());
  if (!ring) ring.error().message = "key file " + path + ": " + ring.error().message;
  return ring;
}

Result<KeyRing> KeyRing::Parse(const SecretBytes& text, Timestamp now) {
  Result<KeyRing> ring = KeyRingText::Parse(text);
  if (ring) ring->SortAt(now);
  return ring;
}

SecretBytes KeyRing::Print() const {
  return KeyRingText::Print(*this);
}

void KeyRing::SortAt(Timestamp now) {
  as_of_ = now;
  const auto newest_first = [](auto& keys) {
    // By insertion, which keeps the order of equals: std::stable_sort of libstdc++ 12 does not
    // compile without a warning.
    for (auto at = keys.begin(); at != keys.end(); ++at) {
      const auto place = std::find_if(keys.begin(), at, [at](const auto& key) {
        return key.times.active_at < at->times.active_at;
      });
      std::rotate(place, at, at + 1);
    }
  };
  newest_first(key_encryption_keys_);
  newest_first(session_keys_);
  newest_first(envelope_keys_);
}

const KeyEncryptionKey& KeyRing::CurrentKeyEncryptionKey() const {
  return key_encryption_keys_[CurrentOf(key_encryption_keys_, as_of_)];
}

const KeyEncryptionKey* KeyRing::FindKeyEncryptionKey(std::string_view id) const {
  const auto found = std::ranges::find(key_encryption_keys_, id, &KeyEncryptionKey::id);
  return found == key_encryption_keys_.end() ? nullptr : &*found;
}

bool KeyRing::KnowsKeyEncryptionKey(std::string_view id) const {
  return FindKeyEncryptionKey(id) != nullptr || std::ranges::any_of(retired_, [id](const auto& k) {
           return k.kind == KeyKind::kKeyEncryption && k.id == id;
         });
}

std::uint8_t KeyRing::CurrentSessionKeyId() const {
  return session_keys_[CurrentOf(session_keys_, as_of_)].id;
}

base::ByteView KeyRing::SessionKeyHmac(std::uint8_t id) const {
  const auto found = std::ranges::find(session_keys_, id, &SessionHmacKey::id);
  return found == session_keys_.end() ? base::ByteView() : found->key.view();
}

std::vector<std::uint8_t> KeyRing::SessionKeyIds() const {
  std::vector<std::uint8_t> ids{CurrentSessionKeyId()};
  for (const auto& key : session_keys_) {
    if (key.id != ids.front()) ids.push_back(key.id);
  }
  return ids;
}

std::vector<JweKey> KeyRing::EnvelopeKeys() const {
  std::vector<JweKey> keys;
  keys.reserve(envelope_keys_.size());
  // Those that are pending behind the others: PublicJwk takes the first of its kind.
  const auto take = [&](bool pending) {
    for (const EnvelopeKey& entry : envelope_keys_) {
      if ((entry.times.active_at > as_of_) == pending) keys.push_back(entry.key.Clone());
    }
  };
  take(false);
  take(true);
  return keys;
}

std::vector<KeyInfo> KeyRing::List() const {
  std::vector<KeyInfo> list;
  const auto all = [](const auto&) { return true; };
  Describe(key_encryption_keys_, as_of_, all, &list);
  Describe(session_keys_, as_of_, all, &list);
  for (const JweKeyKind kind : {JweKeyKind::kEc, JweKeyKind::kRsa}) {
    Describe(
        envelope_keys_, as_of_, [kind](const EnvelopeKey& k) { return k.key.kind() == kind; },
        &list);
  }
  list.insert(list.end(), retired_.begin(), retired_.end());
  return list;
}

std::optional<Timestamp> KeyRing::NextChange() const {
  std::optional<Timestamp> next;
  for (const KeyInfo& info : List()) {
    if (info.state == KeyState::kPending && (!next || info.active_at < *next)) {
      next = info.active_at;
    }
  }
  return next;
}

Result<std::vector<std::string>> KeyRing::Add(KeyKind kind, Timestamp now, Timestamp active_at) {
  std::size_t kept = 0;
  for (const KeyInfo& info : List()) {
    if (info.kind != kind || info.state == KeyState::kRetired) continue;
    ++kept;
    if (info.state != KeyState::kPending) continue;
    return Fail(ErrorCode::kConflict, "key " + info.id + " is pending until " +
                                          base::FormatTime(info.active_at) +
                                          "; rotate again when it is active");
  }
  if (kept >= kMostKeys * (kind == KeyKind::kEnvelope ? 2 : 1)) {
    return Fail(ErrorCode::kConflict, "too many " + std::string(app::ToString(kind)) +
                                          " keys are kept: retire those that nothing needs any "
                                          "more first");
  }
  // Never before the one that is in use, whatever this machine's clock says.
  Timestamp latest = active_at;
  for (const KeyInfo& info : List()) {
    if (info.kind == kind && info.state != KeyState::kRetired) {
      latest = std::max(latest, info.active_at + base::Millis(1));
    }
  }
  const KeyTimes times{now, latest};
  std::vector<std::string> ids;
  if (kind == KeyKind::kKeyEncryption) {
    key_encryption_keys_.insert(key_encryption_keys_.begin(),
                                {RandomName("kek-"), RandomKey(), times});
    ids.push_back(key_encryption_keys_.front().id);
  } else if (kind == KeyKind::kSession) {
    std::uint8_t id = session_keys_.front().id;
    while (!SessionKeyHmac(id).empty()) ++id;  // 256 wraps round, and at most kMostKeys are taken
    ids.push_back(std::to_string(id));
    std::erase_if(retired_, [&](const KeyInfo& info) {
      return info.kind == KeyKind::kSession && info.id == ids.back();
    });
    session_keys_.insert(session_keys_.begin(), {id, RandomKey(), times});
  } else {
    for (const auto& [algorithm, prefix] :
         {std::pair(JweKeyKind::kRsa, "rsa-"), std::pair(JweKeyKind::kEc, "ec-")}) {
      envelope_keys_.insert(envelope_keys_.begin(),
                            {JweKey::Generate(algorithm, RandomName(prefix)), times});
      ids.push_back(envelope_keys_.front().key.kid());
    }
  }
  SortAt(now);
  return ids;
}

Status KeyRing::Retire(std::string_view id, Timestamp now) {
  const std::vector<KeyInfo> list = List();
  const auto found = std::ranges::find(list, id, &KeyInfo::id);
  if (found == list.end()) return Fail(ErrorCode::kNotFound, "there is no key " + std::string(id));
  if (found->state != KeyState::kAccepting) {
    std::string message = "key " + found->id + " is " + std::string(app::ToString(found->state));
    if (found->state == KeyState::kActive) message += ": rotate first";
    if (found->state == KeyState::kRetired) message += " already";
    return Fail(ErrorCode::kConflict, std::move(message));
  }
  KeyInfo info = *found;
  info.state = KeyState::kRetired;
  info.retired_at = now;
  std::erase_if(key_encryption_keys_, [&](const auto& key) { return key.id == id; });
  std::erase_if(session_keys_, [&](const auto& key) { return std::to_string(key.id) == id; });
  std::erase_if(envelope_keys_, [&](const auto& entry) { return entry.key.kid() == id; });
  retired_.push_back(std::move(info));
  return {};
}

}  // namespace obolus::vault
