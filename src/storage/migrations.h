// The schema of the SQLite store, as numbered steps from sql/, compiled in. Each step is one
// transaction together with its number (PRAGMA user_version), so a process that dies midway leaves
// the version before or the one after. Called once by SqliteStore::Open, before any other thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "storage/sqlite_database.h"

namespace obolus::storage {

struct Migration {
  std::int64_t version;  // 1, 2, ... without gaps
  const char* sql;
};
std::span<const Migration> Migrations();

// Brings the database to the last version in `migrations`. Errors, in order: kConflict (it is of a
// newer version than this program knows, or is some other program's database; the message says
// which), kUnavailable.
base::Status Migrate(SqliteDatabase& database, std::span<const Migration> migrations);

}  // namespace obolus::storage
