// The key ring that changes while the service runs: immutable rings behind one swap. Whoever
// rotates or retires writes the whole file anew under a lock that all processes share; the others,
// and this one for keys whose time has come, notice by Refresh. Made by main/keys; Refresh runs on
// one thread at a time, everything else on any.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/ports/keychain.h"
#include "base/clock.h"
#include "base/snapshot.h"
#include "vault/key_ring.h"

namespace obolus::vault {

class Keychain final : public app::Keychain {
 public:
  // How a ring is read and written; vault/key_source makes them.
  struct Storage {
    std::function<base::Result<base::SecretBytes>()> read;
    std::function<base::Status(const base::SecretBytes&)> write;  // none: cannot be changed here
    std::string file;                                             // watched and locked; may be ""
    std::string name;                                             // for messages
  };

  // A file as KeyRing::Open makes it.
  static Storage FileStorage(const std::string& path);

  // `ring` is what `storage` holds now. `clock` outlives this.
  Keychain(KeyRing ring, Storage storage, base::Millis spread, const base::Clock& clock);
  // One that stays as it is.
  Keychain(KeyRing ring, const base::Clock& clock);

  std::shared_ptr<const KeyRing> ring() const { return ring_.Get(); }

  // Called with each new ring, on the thread that brought it. Set before anybody else knows this.
  void OnChange(std::function<void(const KeyRing&)> listener) { listener_ = std::move(listener); }

  // Looks whether the file is another one or a pending key's time has come, and takes that up. True
  // when the ring is a new one. An error leaves the ring as it was: those of reading and parsing.
  base::Result<bool> Refresh();

  std::vector<app::KeyInfo> List() const override { return ring()->List(); }
  base::Millis Spread() const override { return spread_; }
  base::Result<std::vector<std::string>> Rotate(const std::vector<app::KeyKind>& kinds) override;
  base::Status Retire(const std::string& id) override;

 private:
  base::Status Change(const std::function<base::Status(KeyRing&)>& change);
  base::Status Reload();

  const Storage storage_;
  const base::Millis spread_;
  const base::Clock& clock_;
  base::Snapshot<KeyRing> ring_;
  std::function<void(const KeyRing&)> listener_;
  std::mutex mutex_;  // of what follows, and of one change after the other
  std::string mark_;
};

}  // namespace obolus::vault
