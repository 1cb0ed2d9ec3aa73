// Steps of the schema on PostgreSQL: cut short, taken by many at once, ahead of the program.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "storage/migrations.h"
#include "support/postgres_stand.h"

namespace obolus::storage {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace)

class PostgresMigrations : public testing::Test {
 protected:
  std::unique_ptr<PostgresConnection> Connect() {
    auto connection = PostgresConnection::Open({.dsn = server_.Dsn(database_)});
    EXPECT_TRUE(connection) << connection.error().message;
    return connection ? std::move(*connection) : nullptr;
  }
  base::Status Open() {
    PostgresOptions options;
    options.target.dsn = server_.Dsn(database_);
    const auto store = PostgresStore::Open(options, ids_);
    if (!store) return std::unexpected(store.error());
    return {};
  }
  std::string Ask(const std::string& sql) { return server_.Execute(sql, database_); }

  base::RandomIdSource ids_;
  PostgresServer& server_ = PostgresServer::Shared();
  const std::string database_ = server_.NewDatabase();
};

TEST_F(PostgresMigrations, AStepThatIsCutShortLeavesNothingAndIsTakenLater) {
  const Migration first = storage::PostgresMigrations()[0];
  const std::array cut = {first, Migration{2,
                                           "CREATE TABLE half (a bigint);"
                                           "SELECT pg_terminate_backend(pg_backend_pid())",
                                           1}};
  EXPECT_FALSE(Migrate(*Connect(), cut));
  EXPECT_EQ(Ask("SELECT max(version)::text FROM schema_steps"), "1");
  EXPECT_EQ(Ask("SELECT (to_regclass('half') IS NULL)::text"), "true");
  const std::array whole = {first, Migration{2, "CREATE TABLE half (a bigint)", 1}};
  EXPECT_TRUE(Migrate(*Connect(), whole));
  EXPECT_TRUE(Migrate(*Connect(), whole)) << "again";
  EXPECT_EQ(Ask("SELECT max(version)::text FROM schema_steps"), "2");
  EXPECT_TRUE(Open()) << "this program knows one step less, and can live with the second";
}

TEST_F(PostgresMigrations, ProcessesThatStartTogetherTakeEachStepOnce) {
  std::vector<std::thread> processes;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([this] {
      const base::Status opened = Open();
      EXPECT_TRUE(opened) << opened.error().message;
    });
  }
  for (auto& process : processes) process.join();
  EXPECT_EQ(Ask("SELECT count(*)::text FROM schema_steps"),
            std::to_string(storage::PostgresMigrations().size()));
}

TEST_F(PostgresMigrations, AStepThatThisProgramCannotLiveWithIsRefused) {
  ASSERT_TRUE(Open());
  Ask("INSERT INTO schema_steps (version, oldest_program) VALUES (9, 9)");
  const base::Status opened = Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kConflict);
  EXPECT_NE(opened.error().message.find("version 9"), std::string::npos);
}

TEST_F(PostgresMigrations, AnotherProgramsTablesAreLeftAlone) {
  Ask("CREATE TABLE theirs (a bigint)");
  const base::Status opened = Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(Ask("SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"), "1");
}

}  // namespace
}  // namespace obolus::storage
