// The file that holds the keys: readable by its owner only, written whole or not at all. Knows
// nothing of what is inside (vault/key_ring does). Called by vault/key_ring and vault/keychain.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

// The bytes of the file. Errors, in order: kNotFound (no such file), kUnavailable (cannot be read,
// with the system's reason), kForbidden (not a regular file, belongs to somebody else, or its group
// or others may read or write it; says what to do), kTooLarge (over 1 MiB).
base::Result<base::SecretBytes> ReadKeyFile(const std::string& path);

// All that can be read from an open descriptor, which is closed then, whatever comes of it. Errors,
// in order: kUnavailable (cannot be read, with the system's reason), kTooLarge (over 1 MiB).
base::Result<base::SecretBytes> ReadKeyDescriptor(int descriptor);

// Creates the file with mode 0600: its bytes are durable before its name appears. Never replaces.
// kConflict: the file is there already; kUnavailable: cannot be written, with the system's reason.
base::Status CreateKeyFile(const std::string& path, base::ByteView bytes);

// Puts `bytes` in the place of the file that is there, durable and mode 0600, in one step: a crash
// leaves the old file or the new one. Follows a link to the file itself. kUnavailable: says why.
base::Status ReplaceKeyFile(const std::string& path, base::ByteView bytes);

// What tells one content of the file from the next without reading it: which file it is, its size
// and its time of change. Empty when it cannot be asked for.
std::string KeyFileMark(const std::string& path);

// Holds the lock that all who change the file take (`path` + ".lock"), as long as it lives.
class KeyFileLock {
 public:
  // Waits at most five seconds. kUnavailable: somebody else has it, or the system refused.
  static base::Result<KeyFileLock> Take(const std::string& path);
  KeyFileLock(KeyFileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  KeyFileLock& operator=(KeyFileLock&&) = delete;
  ~KeyFileLock();

 private:
  explicit KeyFileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace obolus::vault
