// The races on the stores that one process has to itself: all contenders share one.
#include "races/session_races.h"
#include "storage/memory_store.h"
#include "storage/sqlite_store.h"

namespace obolus::races {
namespace {

RaceBackend Memory() {
  return {"Memory", [](const std::string&) -> base::Result<Stores> {
            Stores stores;
            stores.push_back(std::make_unique<storage::MemoryStore>(storage::MemoryOptions{}));
            return stores;
          }};
}

RaceBackend Sqlite() {
  return {"Sqlite", [](const std::string& directory) -> base::Result<Stores> {
            storage::SqliteOptions options;
            options.path = directory + "/obolus.db";
            auto store = storage::SqliteStore::Open(options);
            if (!store) return std::unexpected(store.error());
            Stores stores;
            stores.push_back(std::move(*store));
            return stores;
          }};
}

std::string NameOf(const ::testing::TestParamInfo<RaceBackend>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Stores, SessionRaces, ::testing::Values(Memory(), Sqlite()), NameOf);

}  // namespace
}  // namespace obolus::races
