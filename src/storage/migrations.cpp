#include "storage/migrations.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "storage/migration_sql.h"

namespace obolus::storage {
namespace {

constexpr std::array kSqliteMigrations = {
    Migration{1, kSqlite0001Initial, 1},   Migration{2, kSqlite0002FencedClaims, 2},
    Migration{3, kSqlite0003Facts, 2},     Migration{4, kSqlite0004Timeline, 2},
    Migration{5, kSqlite0005Tallies, 2},   Migration{6, kSqlite0006CardsByKey, 2},
    Migration{7, kSqlite0007Deletions, 2},
};

constexpr std::array kPostgresMigrations = {
    Migration{1, kPostgres0001Initial, 1},    Migration{2, kPostgres0002Facts, 1},
    Migration{3, kPostgres0003Timeline, 1},   Migration{4, kPostgres0004Tallies, 1},
    Migration{5, kPostgres0005CardsByKey, 1}, Migration{6, kPostgres0006Deletions, 1},
};

// Since step 2 the database says itself who can use it.
constexpr std::int64_t kFirstThatTells = 2;

base::Result<std::int64_t> OldestProgram(SqliteDatabase& database, std::int64_t version) {
  auto tells = database.Integer("SELECT count(*) FROM sqlite_master WHERE name = 'schema_steps'");
  if (!tells || *tells == 0) return tells ? version : tells;
  return database.Integer("SELECT max(oldest_program) FROM schema_steps");
}

base::Status RefuseNewer(std::int64_t version, std::int64_t oldest_program,
                         std::int64_t newest_known) {
  if (oldest_program <= newest_known) return {};
  return base::Fail(base::ErrorCode::kConflict,
                    "the database has schema version " + std::to_string(version) +
                        ", this program knows only up to " + std::to_string(newest_known) +
                        ": start the newer obolus that wrote it");
}

base::Status RefuseForeign(SqliteDatabase& database, std::int64_t version,
                           std::int64_t newest_known) {
  if (version > newest_known) {
    const auto oldest = OldestProgram(database, version);
    if (!oldest) return std::unexpected(oldest.error());
    return RefuseNewer(version, *oldest, newest_known);
  }
  if (version > 0) return {};
  auto tables = database.Integer("SELECT count(*) FROM sqlite_master");
  if (!tables) return std::unexpected(std::move(tables.error()));
  if (*tables > 0) {
    return base::Fail(base::ErrorCode::kConflict, "the file is another program's database");
  }
  return {};
}

base::Status Apply(SqliteDatabase& database, const Migration& migration) {
  const std::string version = std::to_string(migration.version);
  std::string sql = "BEGIN IMMEDIATE;" + std::string(migration.sql);
  if (migration.version >= kFirstThatTells) {
    sql += ";INSERT INTO schema_steps (version, oldest_program) VALUES (" + version + "," +
           std::to_string(migration.oldest_program) + ")";
  }
  sql += ";PRAGMA user_version=" + version + ";COMMIT;";
  auto applied = database.Execute(sql.c_str());
  if (!applied && database.InTransaction()) static_cast<void>(database.Execute("ROLLBACK"));
  return applied;
}

struct PostgresVersion {
  std::int64_t version = 0;
  std::int64_t oldest_program = 0;
};

base::Result<PostgresVersion> VersionOf(PostgresConnection& database) {
  const auto tables = database
                          .Call(
                              "SELECT to_regclass('schema_steps') IS NOT NULL,"
                              " (SELECT count(*) FROM pg_tables WHERE schemaname ="
                              " current_schema())")
                          .Fetch();
  if (!tables) return std::unexpected(tables.error());
  if (!tables->Boolean(0, 0)) {
    if (tables->Integer(0, 1) == 0) return PostgresVersion{};
    return base::Fail(base::ErrorCode::kConflict, "the database holds another program's tables");
  }
  const auto steps =
      database.Call("SELECT max(version), max(oldest_program) FROM schema_steps").Fetch();
  if (!steps) return std::unexpected(steps.error());
  return PostgresVersion{steps->Integer(0, 0), steps->Integer(0, 1)};
}

// The statements of a step, each to be sent by itself. None of ours holds a semicolon within.
std::vector<std::string> StatementsOf(std::string_view sql) {
  std::string bare;
  for (std::size_t at = 0; at < sql.size(); ++at) {
    if (sql.substr(at).starts_with("--")) at = std::min(sql.find('\n', at), sql.size() - 1);
    bare.push_back(sql[at]);
  }
  std::vector<std::string> statements;
  for (std::size_t at = 0; at < bare.size();) {
    const std::size_t end = std::min(bare.find(';', at), bare.size());
    const std::string statement = bare.substr(at, end - at);
    if (statement.find_first_not_of(" \n") != std::string::npos) statements.push_back(statement);
    at = end + 1;
  }
  return statements;
}

base::Status Apply(PostgresConnection& database, const Migration& migration) {
  database.QueueText("BEGIN");
  for (const std::string& statement : StatementsOf(migration.sql)) database.QueueText(statement);
  database.Call("INSERT INTO schema_steps (version, oldest_program) VALUES ($1, $2)")
      .Bind(migration.version)
      .Bind(migration.oldest_program)
      .Queue();
  database.QueueText("COMMIT");
  return database.Sync();
}

base::Status MigrateLocked(PostgresConnection& database, std::span<const Migration> migrations) {
  const auto found = VersionOf(database);
  if (!found) return std::unexpected(found.error());
  if (auto synced = database.Sync(); !synced) return synced;
  if (found->version > migrations.back().version) {
    return RefuseNewer(found->version, found->oldest_program, migrations.back().version);
  }
  for (const Migration& migration : migrations) {
    if (migration.version <= found->version) continue;
    if (auto applied = Apply(database, migration); !applied) return applied;
  }
  return {};
}

}  // namespace

std::span<const Migration> PostgresMigrations() {
  return kPostgresMigrations;
}

// The lock belongs to the connection, so it goes with a process that dies. Its number is this
// program's own.
base::Status Migrate(PostgresConnection& database, std::span<const Migration> migrations) {
  database.Restart();
  database.QueueText("SELECT pg_advisory_lock(122545537971571)");
  if (auto locked = database.Sync(); !locked) return locked;
  base::Status migrated = MigrateLocked(database, migrations);
  if (!migrated) static_cast<void>(database.Sync());
  database.Restart();
  database.QueueText("SELECT pg_advisory_unlock(122545537971571)");
  base::Status unlocked = database.Sync();
  return migrated ? unlocked : migrated;
}

std::span<const Migration> SqliteMigrations() {
  return kSqliteMigrations;
}

base::Status Migrate(SqliteDatabase& database, std::span<const Migration> migrations) {
  auto version = database.Integer("PRAGMA user_version");
  if (!version) return std::unexpected(std::move(version.error()));
  if (auto ours = RefuseForeign(database, *version, migrations.back().version); !ours) return ours;
  for (const Migration& migration : migrations) {
    if (migration.version <= *version) continue;
    if (auto applied = Apply(database, migration); !applied) return applied;
  }
  return {};
}

}  // namespace obolus::storage
