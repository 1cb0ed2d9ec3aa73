#include "storage/migrations.h"

#include <array>

#include "storage/migration_sql.h"

namespace obolus::storage {
namespace {

constexpr std::array kMigrations = {
    Migration{1, kSql0001Initial},
};

base::Status RefuseForeign(SqliteDatabase& database, std::int64_t version,
                           std::int64_t newest_known) {
  if (version > newest_known) {
    return base::Fail(base::ErrorCode::kConflict,
                      "the database has schema version " + std::to_string(version) +
                          ", this program knows only up to " + std::to_string(newest_known) +
                          ": start the newer obolus that wrote it");
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
  const std::string sql = "BEGIN IMMEDIATE;" + std::string(migration.sql) +
                          ";PRAGMA user_version=" + std::to_string(migration.version) + ";COMMIT;";
  auto applied = database.Execute(sql.c_str());
  if (!applied && database.InTransaction()) static_cast<void>(database.Execute("ROLLBACK"));
  return applied;
}

}  // namespace

std::span<const Migration> Migrations() {
  return kMigrations;
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
