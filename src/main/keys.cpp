#include "main/keys.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "vault/key_file.h"

namespace obolus::main {
namespace {

constexpr const char* kFact = "key_ring";  // the id of a key-encryption key that the ring knows
constexpr const char* kDescriptorVariable = "OBOLUS_KEYS_FD";

base::Result<std::optional<std::string>> FindOwner(app::Store& store) {
  using Found = std::optional<std::string>;
  std::promise<base::Result<Found>> promise;
  auto found = promise.get_future();
  app::Read<Found>(
      store, [](app::Transaction& tx) { return tx.FindFact(kFact); },
      [&promise](base::Result<Found> result) { promise.set_value(std::move(result)); });
  return found.get();
}

base::Result<std::string> ShareOwner(app::Store& store, const std::string& key_id) {
  std::promise<base::Result<std::string>> promise;
  auto shared = promise.get_future();
  app::Transact<std::string>(
      store, [key_id](app::Transaction& tx) { return tx.ShareFact(kFact, key_id); },
      [&promise](base::Result<std::string> result) { promise.set_value(std::move(result)); });
  return shared.get();
}

std::unexpected<base::Error> Refuse(const KeyPlace& place, const std::string& what,
                                    const std::string& key_id) {
  return base::Fail(base::ErrorCode::kConflict,
                    "the database " + place.database + " was used with other keys: " + what +
                        " key " + key_id + ". Put the key file of this database at " + place.file +
                        " (vault.key_file); all replicas share one, and a restored database needs"
                        " the one of its time");
}

// The variable goes with the descriptor, so that no child and no second reader meets either.
base::Result<vault::KeyRing> ReadInherited(const base::Clock& clock) {
  const char* variable = std::getenv(kDescriptorVariable);
  const std::string_view text = variable == nullptr ? "" : variable;
  int descriptor = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), descriptor);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() ||
      descriptor < 0) {
    return base::Fail(base::ErrorCode::kInvalid,
                      std::string("vault.key_source is \"descriptor\", and ") +
                          kDescriptorVariable + " does not name an open descriptor");
  }
  unsetenv(kDescriptorVariable);
  const auto bytes = vault::ReadKeyDescriptor(descriptor);
  if (!bytes) return std::unexpected(bytes.error());
  auto ring = vault::KeyRing::Parse(*bytes, clock.Now());
  if (!ring) ring.error().message = "the inherited keys: " + ring.error().message;
  return ring;
}

base::Result<OpenedKeys> OpenSealed(const KeyPlace& place, const base::Clock& clock) {
  auto opened = vault::Pkcs11Token::Open(place.token);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::shared_ptr<vault::Pkcs11Token> token = std::move(*opened);
  const auto read = [file = place.file, token]() -> base::Result<base::SecretBytes> {
    const auto sealed = vault::ReadKeyFile(file);
    return sealed ? token->Unseal(sealed->view()) : std::unexpected(sealed.error());
  };
  const auto write = [file = place.file, token](const base::SecretBytes& text) -> base::Status {
    const auto sealed = token->Seal(text.view());
    if (!sealed) return std::unexpected(sealed.error());
    return vault::ReplaceKeyFile(file, sealed->view());
  };
  auto text = read();
  if (!text && text.error().code == base::ErrorCode::kNotFound) {
    const auto fresh = token->Seal(vault::KeyRing::Generate(clock.Now()).Print().view());
    if (!fresh) return std::unexpected(fresh.error());
    const auto made = vault::CreateKeyFile(place.file, fresh->view());
    // kConflict: another process was faster; its keys count.
    if (!made && made.error().code != base::ErrorCode::kConflict) {
      return std::unexpected(made.error());
    }
    text = read();
  }
  if (!text) return std::unexpected(std::move(text.error()));
  auto ring = vault::KeyRing::Parse(*text, clock.Now());
  if (!ring) return std::unexpected(std::move(ring.error()));
  return OpenedKeys{std::move(*ring), {read, write, place.file, place.file}, place.spread};
}

base::Result<OpenedKeys> OpenSource(const KeyPlace& place, const base::Clock& clock) {
  if (place.source == KeySource::kPkcs11) return OpenSealed(place, clock);
  const bool is_file = place.source == KeySource::kFile;
  auto ring = is_file ? vault::KeyRing::Open(place.file, clock) : ReadInherited(clock);
  if (!ring) return std::unexpected(std::move(ring.error()));
  return OpenedKeys{std::move(*ring),
                    is_file ? vault::Keychain::FileStorage(place.file) : vault::Keychain::Storage{},
                    place.spread};
}

}  // namespace

base::Result<OpenedKeys> OpenKeys(const KeyPlace& place, app::Store& store,
                                  const base::Clock& clock) {
  const auto owner = FindOwner(store);
  if (!owner) return std::unexpected(owner.error());
  const bool is_file = place.source != KeySource::kDescriptor;
  if (is_file && *owner && access(place.file.c_str(), F_OK) != 0 && errno == ENOENT) {
    return Refuse(place, place.file + " does not exist, and cards here may be sealed under",
                  **owner);
  }
  auto opened = OpenSource(place, clock);
  if (!opened) return opened;
  // Another replica may have been first meanwhile, with a file that it made.
  const auto shared = ShareOwner(store, opened->ring.CurrentKeyEncryptionKey().id);
  if (!shared) return std::unexpected(shared.error());
  // It may be retired by now: then nothing here is under it any more, and the file is still the
  // one.
  if (!opened->ring.KnowsKeyEncryptionKey(*shared)) {
    return Refuse(place, (is_file ? place.file : "what was inherited") + " does not hold", *shared);
  }
  return opened;
}

}  // namespace obolus::main
