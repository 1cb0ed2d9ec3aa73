#include "main/store_config.h"

#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "storage/memory_store.h"
#include "storage/migrations.h"
#include "storage/postgres_store.h"
#include "storage/sqlite_store.h"
#ifdef OBOLUS_FAULTS
#include "main/fault_plan.h"
#endif

namespace obolus::main {

using base::Result;
using base::Status;

namespace {

template <class Opened>
Result<std::unique_ptr<app::Store>> AsStore(Opened opened) {
  if (!opened) return std::unexpected(std::move(opened.error()));
  return std::move(*opened);
}

}  // namespace

Status MakeDataDir(const std::string& path) {
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return base::Fail(base::ErrorCode::kUnavailable, "data_dir " + path + " cannot be made: " +
                                                       std::generic_category().message(errno));
}

Result<std::unique_ptr<app::Store>> OpenStore(const Config& config, base::IdSource& ids) {
  const auto max_queued = static_cast<std::size_t>(config.store.max_queued);
  switch (config.store.kind) {
    case StoreKind::kMemory:
      return std::make_unique<storage::MemoryStore>(
          storage::MemoryOptions{.max_queued = max_queued});
    case StoreKind::kPostgres: {
      storage::PostgresOptions options;
      options.target.dsn = config.store.dsn;
      options.max_queued = max_queued;
      return AsStore(storage::PostgresStore::Open(options, ids));
    }
    case StoreKind::kSqlite:
      break;
  }
  storage::SqliteOptions options;
  options.path = config.store.path;
#ifdef OBOLUS_FAULTS
  if (const auto& pages = ArmedFaults().checkpoint_pages) {
    options.checkpoint_pages = static_cast<std::int64_t>(*pages);
  }
#endif
  options.max_queued = max_queued;
  return AsStore(storage::SqliteStore::Open(std::move(options)));
}

std::int64_t SchemaVersion(const Config& config) {
  switch (config.store.kind) {
    case StoreKind::kMemory:
      return 0;
    case StoreKind::kPostgres:
      return storage::PostgresMigrations().back().version;
    case StoreKind::kSqlite:
      break;
  }
  return storage::SqliteMigrations().back().version;
}

std::string StoreName(const Config& config) {
  switch (config.store.kind) {
    case StoreKind::kMemory:
      return "in memory";
    case StoreKind::kPostgres:
      return "of store.dsn";  // which may hold a password
    case StoreKind::kSqlite:
      break;
  }
  return config.store.path;
}

}  // namespace obolus::main
