#include "storage/postgres_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "support/postgres_stand.h"

namespace obolus::storage {
namespace {

using contract::FailsWith;
using namespace tests;  // NOLINT(google-build-using-namespace)

// Inserts sessions from several threads until it is told to stop. What was acknowledged must be
// there, once.
class Load {
 public:
  explicit Load(app::Store& store, int threads = 8) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, &store] {
        while (!stopping_) {
          domain::Session session;
          {
            const std::lock_guard lock(mutex_);
            session = samples_.NewPayment();
          }
          const base::Status status = Insert(store, session);
          const std::lock_guard lock(mutex_);
          (status ? kept_ : refused_).push_back(session.id);
          // Nobody else has this id: it was there because an attempt of ours was kept unnoticed.
          twice_ += FailsWith(status, base::ErrorCode::kConflict);
        }
      });
    }
  }
  ~Load() { Stop(); }
  void Stop() {
    stopping_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  std::size_t kept() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  bool AwaitMore(std::size_t count) {
    const std::size_t wanted = kept() + count;
    return Eventually([&] { return kept() >= wanted; });
  }
  int twice() const { return twice_; }
  const std::vector<base::Uuid>& kept_ids() const { return kept_; }

 private:
  std::mutex mutex_;
  contract::Samples samples_;
  std::vector<base::Uuid> kept_, refused_;
  int twice_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<std::thread> threads_;
};

void ExpectAllKept(app::Store& store, const Load& load) {
  EXPECT_EQ(load.twice(), 0);
  std::size_t missing = 0;
  for (const base::Uuid& id : load.kept_ids()) missing += Session(store, id) ? 0 : 1;
  EXPECT_EQ(missing, 0u) << "of " << load.kept_ids().size();
}

TEST_F(PostgresStoreTest, AConflictInABatchCostsOnlyItsOwnBody) {
  PostgresOptions options;
  options.writers = 1;
  const auto store = OpenAt(dsn_, options);
  const domain::Session taken = samples_.NewPayment();
  ASSERT_TRUE(Insert(*store, taken));
  constexpr std::size_t kBodies = 100;
  std::vector<domain::Session> sessions;
  for (std::size_t i = 0; i < kBodies; ++i) sessions.push_back(samples_.NewPayment());
  sessions[30] = taken;
  std::vector<std::promise<base::Status>> outcomes(kBodies);
  contract::Blockade blockade(*store);
  for (std::size_t i = 0; i < kBodies; ++i) {
    store->Transact([&, i](app::Transaction& tx) { return tx.InsertSession(sessions[i]); },
                    [&, i](base::Status status) { outcomes[i].set_value(std::move(status)); });
  }
  blockade.Release();
  for (std::size_t i = 0; i < kBodies; ++i) {
    const base::Status status = outcomes[i].get_future().get();
    EXPECT_EQ(FailsWith(status, base::ErrorCode::kConflict), i == 30) << i;
    EXPECT_EQ(status.has_value(), i != 30) << i;
  }
}

// Connections end wherever they happen to be: in a batch, at its commit, between two.
TEST_F(PostgresStoreTest, WhatIsAcknowledgedIsThereOnceThoughConnectionsAreKilled) {
  const auto store = OpenAt(dsn_);
  Load load(*store);
  for (int i = 0; i < 25; ++i) {
    ASSERT_TRUE(load.AwaitMore(5));
    server_.Execute(
        "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity"
        " WHERE datname = '" +
        database_ + "' AND pid <> pg_backend_pid()");
  }
  ASSERT_TRUE(load.AwaitMore(5));
  load.Stop();
  ExpectAllKept(*store, load);
}

TEST_F(PostgresStoreTest, WithoutItsServerItSaysSoWithinSecondsAndComesBackWithIt) {
  PostgresServer server;
  const auto store = OpenAt(server.Dsn());
  ASSERT_TRUE(store->CheckHealth());
  server.Stop();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(FailsWith(Insert(*store, samples_.NewPayment()), base::ErrorCode::kUnavailable));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
  EXPECT_TRUE(FailsWith(store->CheckHealth(), base::ErrorCode::kUnavailable));
  EXPECT_TRUE(FailsWith(contract::ReadOnly(*store,
                                           [](app::Transaction& tx) -> base::Status {
                                             auto counts = tx.CountOutbox();
                                             return counts ? base::Status{}
                                                           : std::unexpected(counts.error());
                                           }),
                        base::ErrorCode::kUnavailable));
  server.Start();
  EXPECT_TRUE(Eventually([&] { return Insert(*store, samples_.NewPayment()).has_value(); }));
  EXPECT_TRUE(Eventually([&] { return store->CheckHealth().has_value(); }));
}

TEST_F(PostgresStoreTest, APromotedStandbyHasAllThatWasAcknowledged) {
  PostgresServer primary;
  const auto standby = PostgresServer::Standby(primary, "second");
  primary.Execute("ALTER SYSTEM SET synchronous_standby_names = 'second'");
  primary.Execute("SELECT pg_reload_conf()::text");
  ASSERT_TRUE(Eventually(
      [&] { return primary.Execute("SELECT sync_state FROM pg_stat_replication") == "sync"; }));
  PostgresOptions options;
  options.retry_for = kPatience;
  const auto store =
      OpenAt("host=127.0.0.1,127.0.0.1 port=" + std::to_string(primary.port()) + "," +
                 std::to_string(standby->port()) + " user=postgres dbname=postgres",
             options);
  Load load(*store);
  ASSERT_TRUE(load.AwaitMore(100));
  primary.Kill();
  standby->Promote();
  ASSERT_TRUE(load.AwaitMore(100));
  load.Stop();
  ExpectAllKept(*store, load);
}

class PostgresSettings : public PostgresStoreTest {
 protected:
  base::RandomIdSource ids_;
  base::Error OpeningAnswers(const std::string& setting) {
    server_.Execute("ALTER DATABASE " + database_ + " SET " + setting);
    PostgresOptions options;
    options.target.dsn = dsn_;
    const auto store = PostgresStore::Open(options, ids_);
    EXPECT_FALSE(store);
    return store ? base::Error{} : store.error();
  }
};

TEST_F(PostgresSettings, CommitsThatCouldBeLostAreRefusedByTheNameOfTheSetting) {
  const base::Error error = OpeningAnswers("synchronous_commit = off");
  EXPECT_EQ(error.code, base::ErrorCode::kInvalid);
  EXPECT_NE(error.message.find("synchronous_commit"), std::string::npos) << error.message;
}

TEST_F(PostgresSettings, ADsnThatCannotBeReadIsNotRepeated) {
  PostgresOptions options;
  options.target.dsn = "host=x hunter2 = =";
  const auto store = PostgresStore::Open(options, ids_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(store.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace obolus::storage
