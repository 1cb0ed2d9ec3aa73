#include "main/keys.h"

#include <unistd.h>

#include <cerrno>
#include <future>
#include <optional>

namespace obolus::main {
namespace {

constexpr const char* kFact = "key_ring";  // the id of a key-encryption key in the ring

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

}  // namespace

base::Result<vault::KeyRing> OpenKeys(const KeyPlace& place, app::Store& store,
                                      const base::Clock& clock) {
  const auto owner = FindOwner(store);
  if (!owner) return std::unexpected(owner.error());
  if (*owner && access(place.file.c_str(), F_OK) != 0 && errno == ENOENT) {
    return Refuse(place, place.file + " does not exist, and cards here may be sealed under",
                  **owner);
  }
  auto keys = vault::KeyRing::Open(place.file, clock);
  if (!keys) return keys;
  // Another replica may have been first meanwhile, with a file that it made.
  const auto shared = ShareOwner(store, keys->CurrentKeyEncryptionKey().id);
  if (!shared) return std::unexpected(shared.error());
  if (keys->FindKeyEncryptionKey(*shared) == nullptr) {
    return Refuse(place, place.file + " does not hold", *shared);
  }
  return keys;
}

}  // namespace obolus::main
