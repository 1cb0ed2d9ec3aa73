// The file that holds the keys: readable by its owner only, written whole or not at all. Knows
// nothing of what is inside (vault/key_ring does). Called at start, on the main thread.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace obolus::vault {

// The bytes of the file. Errors, in order: kNotFound (no such file), kUnavailable (cannot be read,
// with the system's reason), kForbidden (not a regular file, belongs to somebody else, or its group
// or others may read or write it; says what to do), kTooLarge (over 1 MiB).
base::Result<base::SecretBytes> ReadKeyFile(const std::string& path);

// Creates the file with mode 0600: its bytes are durable before its name appears. Never replaces.
// kConflict: the file is there already; kUnavailable: cannot be written, with the system's reason.
base::Status CreateKeyFile(const std::string& path, base::ByteView bytes);

}  // namespace obolus::vault
