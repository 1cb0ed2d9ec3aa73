// Which stores the contract suite runs against.
#include "contract/store_contract.h"
#include "storage/memory_store.h"
#include "storage/sqlite_store.h"

namespace obolus::contract {
namespace {

StoreBackend Memory() {
  return {"Memory", [](const std::string&, std::size_t max_queued) {
            return base::Result<std::unique_ptr<app::Store>>(std::make_unique<storage::MemoryStore>(
                storage::MemoryOptions{.max_queued = max_queued}));
          }};
}

StoreBackend Sqlite() {
  return {"Sqlite",
          [](const std::string& directory,
             std::size_t max_queued) -> base::Result<std::unique_ptr<app::Store>> {
            storage::SqliteOptions options;
            options.path = directory + "/obolus.db";
            options.max_queued = max_queued;
            auto store = storage::SqliteStore::Open(options);
            if (!store) return std::unexpected(store.error());
            return std::unique_ptr<app::Store>(std::move(*store));
          }};
}

std::string NameOf(const testing::TestParamInfo<StoreBackend>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Values(Memory(), Sqlite()), NameOf);
INSTANTIATE_TEST_SUITE_P(Stores, DurableStoreContract, testing::Values(Sqlite()), NameOf);
INSTANTIATE_TEST_SUITE_P(Stores, ExclusiveStoreContract, testing::Values(Sqlite()), NameOf);

}  // namespace
}  // namespace obolus::contract
