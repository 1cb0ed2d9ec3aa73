// The races among three replicas that share one database.
#include "base/id.h"
#include "races/session_races.h"
#include "storage/postgres_store.h"
#include "support/postgres_server.h"

namespace obolus::races {
namespace {

constexpr int kReplicas = 3;

RaceBackend Postgres() {
  return {"Postgres", [](const std::string&) -> base::Result<Stores> {
            static base::RandomIdSource ids;
            storage::PostgresOptions options;
            options.target.dsn = tests::PostgresServer::Shared().Dsn(
                tests::PostgresServer::Shared().NewMigratedDatabase());
            Stores stores;
            for (int replica = 0; replica < kReplicas; ++replica) {
              auto store = storage::PostgresStore::Open(options, ids);
              if (!store) return std::unexpected(store.error());
              stores.push_back(std::move(*store));
            }
            return stores;
          }};
}

std::string NameOf(const ::testing::TestParamInfo<RaceBackend>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Stores, SessionRaces, ::testing::Values(Postgres()), NameOf);

}  // namespace
}  // namespace obolus::races
