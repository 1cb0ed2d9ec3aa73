// A copy of a SQLite store that may be in use: one consistent snapshot, taken beside the running
// server, which goes on writing. For `obolus backup`; runs on the caller's thread and takes as long
// as reading and writing the whole file once.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace obolus::storage {

struct Backup {
  std::int64_t bytes = 0;
  std::int64_t sessions = 0;        // rows, ended ones too
  std::int64_t pending_events = 0;  // not delivered when the snapshot was taken
};

// Writes the snapshot to `target` (mode 0600), checks the copy, and makes it durable. While it
// runs, the server's write-ahead log cannot begin anew and grows. On an error the target is
// removed. Errors, in order: kNotFound (no database at `source`), kConflict (`target` exists),
// kUnavailable (cannot be read or written, or the copy is not sound).
base::Result<Backup> BackUpSqlite(const std::string& source, const std::string& target);

}  // namespace obolus::storage
