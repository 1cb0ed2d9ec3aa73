// The contract suite on PostgreSQL, one server for all of it. One writer, because the suite makes
// batches by holding it; src/storage's own tests have several.
#include "base/id.h"
#include "contract/store_contract.h"
#include "storage/postgres_store.h"
#include "support/postgres_server.h"

namespace obolus::contract {
namespace {

// One for all tests, emptied for each: making one takes longer than most of them.
std::string DatabaseOf(const std::string& directory) {
  static std::string last_directory;
  static const std::string database = tests::PostgresServer::Shared().NewMigratedDatabase();
  if (directory != last_directory) {
    tests::PostgresServer::Shared().Empty(database);
    last_directory = directory;
  }
  return database;
}

StoreBackend Postgres() {
  return {.name = "Postgres",
          .open = [](const std::string& directory,
                     std::size_t max_queued) -> base::Result<std::unique_ptr<app::Store>> {
            static base::RandomIdSource ids;
            storage::PostgresOptions options;
            options.target.dsn = tests::PostgresServer::Shared().Dsn(DatabaseOf(directory));
            options.max_queued = max_queued;
            options.writers = 1;
            auto store = storage::PostgresStore::Open(options, ids);
            if (!store) return std::unexpected(store.error());
            return std::unique_ptr<app::Store>(std::move(*store));
          }};
}

std::string NameOf(const testing::TestParamInfo<StoreBackend>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Values(Postgres()), NameOf);
INSTANTIATE_TEST_SUITE_P(Stores, DurableStoreContract, testing::Values(Postgres()), NameOf);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ExclusiveStoreContract);

}  // namespace
}  // namespace obolus::contract
