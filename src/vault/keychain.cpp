#include "vault/keychain.h"

#include <optional>
#include <utility>

#include "vault/key_file.h"

namespace obolus::vault {

using base::ErrorCode;
using base::Fail;
using base::Result;
using base::Status;

Keychain::Storage Keychain::FileStorage(const std::string& path) {
  return {
      .read = [path] { return ReadKeyFile(path); },
      .write = [path](const base::SecretBytes& text) { return ReplaceKeyFile(path, text.view()); },
      .file = path,
      .name = "key file " + path};
}

Keychain::Keychain(KeyRing ring, Storage storage, base::Millis spread, const base::Clock& clock)
    : storage_(std::move(storage)), spread_(spread), clock_(clock), ring_(std::move(ring)) {}

Keychain::Keychain(KeyRing ring, const base::Clock& clock)
    : Keychain(std::move(ring), Storage{}, base::Millis(0), clock) {}

// Called with the mutex held. The mark is taken before the text: a change in between is seen again
// the next time.
Status Keychain::Reload() {
  std::string mark = storage_.file.empty() ? "" : KeyFileMark(storage_.file);
  const auto text = storage_.read();
  if (!text) return std::unexpected(text.error());
  auto ring = KeyRing::Parse(*text, clock_.Now());
  if (!ring) {
    ring.error().message = storage_.name + ": " + ring.error().message;
    return std::unexpected(std::move(ring.error()));
  }
  mark_ = std::move(mark);
  ring_.Set(std::move(*ring));
  if (listener_) listener_(*ring_.Get());
  return {};
}

Result<bool> Keychain::Refresh() {
  if (!storage_.read) return false;
  const std::lock_guard lock(mutex_);
  const auto next = ring_.Get()->NextChange();
  const bool is_due = next && *next <= clock_.Now();
  if (!is_due && (storage_.file.empty() || KeyFileMark(storage_.file) == mark_)) return false;
  if (Status reloaded = Reload(); !reloaded) return std::unexpected(std::move(reloaded.error()));
  return true;
}

Status Keychain::Change(const std::function<Status(KeyRing&)>& change) {
  if (!storage_.write) {
    return Fail(ErrorCode::kInvalid,
                "the keys did not come from a file that this process can write: change them where "
                "they are kept, and start again");
  }
  const std::lock_guard lock(mutex_);
  const auto file_lock = KeyFileLock::Take(storage_.file);
  if (!file_lock) return std::unexpected(file_lock.error());
  const auto text = storage_.read();  // what counts is the file, not what this process knows of it
  if (!text) return std::unexpected(text.error());
  auto ring = KeyRing::Parse(*text, clock_.Now());
  if (!ring) return std::unexpected(std::move(ring.error()));
  if (Status changed = change(*ring); !changed) return changed;
  if (Status written = storage_.write(ring->Print()); !written) return written;
  return Reload();
}

Result<std::vector<std::string>> Keychain::Rotate(const std::vector<app::KeyKind>& kinds) {
  std::vector<std::string> ids;
  const Status changed = Change([&](KeyRing& ring) -> Status {
    const auto now = clock_.Now();
    for (const app::KeyKind kind : kinds) {
      auto added = ring.Add(kind, now, now + spread_);
      if (!added) return std::unexpected(std::move(added.error()));
      ids.insert(ids.end(), added->begin(), added->end());
    }
    return {};
  });
  if (!changed) return std::unexpected(changed.error());
  return ids;
}

Status Keychain::Retire(const std::string& id) {
  return Change([&](KeyRing& ring) { return ring.Retire(id, clock_.Now()); });
}

}  // namespace obolus::vault
