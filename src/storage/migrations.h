// The schema as numbered steps from sql/, compiled in; a list for each SQL dialect. Each step is
// one transaction together with its number, so a process that dies midway leaves the version before
// or the one after. Called once by the store that opens, before any other thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "storage/postgres_connection.h"
#include "storage/sqlite_database.h"

namespace obolus::storage {

struct Migration {
  std::int64_t version;  // 1, 2, ... without gaps
  const char* sql;
  // Programs that know the steps up to this one can use the database after this step, so that old
  // and new run side by side during an upgrade, and the old one can come back.
  std::int64_t oldest_program;
};
std::span<const Migration> SqliteMigrations();
std::span<const Migration> PostgresMigrations();

// Brings the database to the last version in `migrations`; one that is further, by steps that this
// program can live with, is left as it is. On PostgreSQL one process at a time does so, and the
// others wait. Errors, in order: kConflict (it is of a newer version that this program cannot use,
// or is some other program's database; the message says which), kUnavailable.
base::Status Migrate(SqliteDatabase& database, std::span<const Migration> migrations);
base::Status Migrate(PostgresConnection& database, std::span<const Migration> migrations);

}  // namespace obolus::storage
