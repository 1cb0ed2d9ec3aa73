// What tests of PostgresStore have in common: a database of their own on the shared server, stores
// on it, and waiting. Each test program that includes it starts one server.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "contract/store_contract.h"
#include "storage/postgres_store.h"
#include "support/postgres_server.h"

namespace obolus::tests {

constexpr std::chrono::seconds kPatience{60};

inline std::unique_ptr<storage::PostgresStore> OpenAt(const std::string& dsn,
                                                      storage::PostgresOptions options = {}) {
  static base::RandomIdSource ids;
  options.target.dsn = dsn;
  auto store = storage::PostgresStore::Open(options, ids);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

inline base::Status Insert(app::Store& store, const domain::Session& session) {
  return contract::Write(store, [&](app::Transaction& tx) { return tx.InsertSession(session); });
}

inline std::optional<domain::Session> Session(app::Store& store, const base::Uuid& id) {
  return contract::Find(store, [&](app::Transaction& tx) { return tx.FindSession(id); });
}

inline bool Eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

class PostgresStoreTest : public testing::Test {
 protected:
  PostgresServer& server_ = PostgresServer::Shared();
  const std::string database_ = server_.NewMigratedDatabase();
  const std::string dsn_ = server_.Dsn(database_);
  contract::Samples samples_;
};

}  // namespace obolus::tests
