#include "storage/sqlite_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <semaphore>

#include "contract/store_contract.h"
#include "storage/migrations.h"
#include "storage/purge_walk.h"
#include "storage/sqlite_database.h"

namespace obolus::storage {
namespace {

using contract::TemporaryDirectory;

SqliteOptions In(const TemporaryDirectory& directory) {
  SqliteOptions options;
  options.path = directory.path() + "/obolus.db";
  return options;
}

std::unique_ptr<SqliteStore> Open(SqliteOptions options) {
  auto store = SqliteStore::Open(std::move(options));
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

base::Status Insert(app::Store& store, const domain::Session& session) {
  return contract::Write(store, [&](app::Transaction& tx) { return tx.InsertSession(session); });
}

std::uintmax_t WalSize(const SqliteOptions& options) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(options.path + "-wal", missing);
  return missing ? 0 : size;
}

// Inserts sessions and reports the id of each through `pipe` once its `done` says that it is kept,
// until it is killed.
[[noreturn]] void InsertForever(const SqliteOptions& options, int pipe) {
  auto store = SqliteStore::Open(options);
  if (!store) ::_exit(1);
  contract::Samples samples;
  std::counting_semaphore<> room(64);
  while (true) {
    room.acquire();
    const domain::Session session = samples.NewPayment();
    (*store)->Transact([session](app::Transaction& tx) { return tx.InsertSession(session); },
                       [&room, pipe, id = session.id](base::Status status) {
                         if (!status || ::write(pipe, id.bytes.data(), id.bytes.size()) != 16) {
                           ::_exit(1);
                         }
                         room.release();
                       });
  }
}

TEST(SqliteStore, WhatWasAcknowledgedSurvivesKillMinusNine) {
  const TemporaryDirectory directory;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) InsertForever(In(directory), pipe[1]);
  ::close(pipe[1]);
  std::vector<base::Uuid> acknowledged;
  base::Uuid id;
  // The pipe keeps what the child wrote before it died, so this reads on after the kill.
  while (::read(pipe[0], id.bytes.data(), id.bytes.size()) == 16) {
    acknowledged.push_back(id);
    if (acknowledged.size() == 5000) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_GE(acknowledged.size(), 5000u);
  const auto store = Open(In(directory));
  ASSERT_NE(store, nullptr);
  for (const base::Uuid& kept : acknowledged) {
    ASSERT_TRUE(contract::Find(*store, [&](app::Transaction& tx) { return tx.FindSession(kept); }));
  }
}

TEST(SqliteStore, ASecondOpeningOfTheSameFileIsRefused) {
  const TemporaryDirectory directory;
  auto first = Open(In(directory));
  const auto second = SqliteStore::Open(In(directory));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(second.error().message, "another obolus process uses " + In(directory).path);
  first.reset();
  EXPECT_NE(Open(In(directory)), nullptr);
}

TEST(SqliteStore, AnotherProcessIsRefusedToo) {
  const TemporaryDirectory directory;
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto store = SqliteStore::Open(In(directory));
    if (!store || ::write(ready[1], "r", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  ::close(ready[1]);
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const auto second = SqliteStore::Open(In(directory));
  EXPECT_FALSE(second);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ready[0]);
  EXPECT_NE(Open(In(directory)), nullptr) << "the lock goes with its holder";
}

TEST(SqliteStore, ItsFilesAreForTheirOwnerAlone) {
  const TemporaryDirectory directory;
  const mode_t old = ::umask(0);
  const auto store = Open(In(directory));
  ASSERT_TRUE(Insert(*store, contract::Samples().NewPayment()));
  ::umask(old);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    struct stat about{};
    ASSERT_EQ(::stat(entry.path().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 4u) << "database, write-ahead log, its index, lock";
}

TEST(SqliteStore, ADirectoryThatIsMissingIsNamed) {
  SqliteOptions options;
  options.path = "/nonexistent/obolus.db";
  const auto store = SqliteStore::Open(options);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kUnavailable);
  EXPECT_NE(store.error().message.find("/nonexistent/obolus.db"), std::string::npos);
}

TEST(SqliteStore, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const TemporaryDirectory directory;
  const std::string text(10000, 'x');
  std::ofstream(In(directory).path) << text;
  const auto store = SqliteStore::Open(In(directory));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kUnavailable);
  EXPECT_EQ(std::filesystem::file_size(In(directory).path), text.size());
}

TEST(SqliteStore, TheSchemaComesFromEachEarlierVersion) {
  for (std::size_t applied = 0; applied <= SqliteMigrations().size(); ++applied) {
    const TemporaryDirectory directory;
    if (applied > 0) {
      auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
      ASSERT_TRUE(database);
      ASSERT_TRUE(Migrate(**database, SqliteMigrations().first(applied)));
      EXPECT_EQ((*database)->Integer("PRAGMA user_version"), static_cast<std::int64_t>(applied));
    }
    const auto store = Open(In(directory));
    ASSERT_NE(store, nullptr);
    EXPECT_TRUE(Insert(*store, contract::Samples().FullPayment())) << applied;
  }
}

TEST(SqliteStore, AMigrationThatFailsMidwayLeavesTheVersionBefore) {
  const TemporaryDirectory directory;
  auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
  ASSERT_TRUE(database);
  const auto steps = SqliteMigrations();
  const std::int64_t next = steps.back().version + 1;
  std::vector<Migration> broken(steps.begin(), steps.end());
  std::vector<Migration> mended = broken;
  broken.push_back({next, "CREATE TABLE b (x); CREATE TABLE sessions (x)", next});
  mended.push_back({next, "CREATE TABLE b (x)", next});
  EXPECT_FALSE(Migrate(**database, broken));
  EXPECT_EQ((*database)->Integer("PRAGMA user_version"), next - 1);
  EXPECT_EQ((*database)->Integer("SELECT count(*) FROM sqlite_master WHERE name = 'b'"), 0);
  EXPECT_TRUE(Migrate(**database, mended));
  EXPECT_EQ((*database)->Integer("PRAGMA user_version"), next);
}

TEST(SqliteStore, ADatabaseThatIsAheadByAStepItCanLiveWithIsUsed) {
  for (const bool can_live_with_it : {true, false}) {
    const TemporaryDirectory directory;
    const auto steps = SqliteMigrations();
    const std::int64_t ours = steps.back().version;
    {
      auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
      ASSERT_TRUE(database);
      std::vector<Migration> newer(steps.begin(), steps.end());
      newer.push_back({ours + 1, "CREATE TABLE b (x)", can_live_with_it ? ours : ours + 1});
      ASSERT_TRUE(Migrate(**database, newer));
    }
    const auto store = SqliteStore::Open(In(directory));
    EXPECT_EQ(store.has_value(), can_live_with_it);
    if (!store) EXPECT_EQ(store.error().code, base::ErrorCode::kConflict);
  }
}

TEST(SqliteStore, ADatabaseOfANewerVersionIsRefused) {
  const TemporaryDirectory directory;
  {
    auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Execute("PRAGMA user_version=999"));
  }
  const auto store = SqliteStore::Open(In(directory));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kConflict);
  EXPECT_NE(store.error().message.find("has schema version 999, this program knows only up to"),
            std::string::npos)
      << store.error().message;
}

TEST(SqliteStore, ADatabaseWhoseTablesAreOtherSaysSo) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(SqliteStore::Open(In(directory)));  // and closed again at once
  {
    auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Execute("ALTER TABLE events RENAME COLUMN leased TO was_leased"));
  }
  const auto store = SqliteStore::Open(In(directory));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kUnavailable);
  EXPECT_NE(store.error().message.find("its tables are not those of this version"),
            std::string::npos)
      << store.error().message;
}

TEST(SqliteStore, ADatabaseOfAnotherProgramIsRefused) {
  const TemporaryDirectory directory;
  {
    auto database = SqliteDatabase::Open(In(directory).path, SqliteRole::kWriter);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->Execute("CREATE TABLE theirs (x)"));
  }
  const auto store = SqliteStore::Open(In(directory));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, base::ErrorCode::kConflict);
}

TEST(SqliteStore, AReaderNeverCheckpointsNotEvenAsTheLastToClose) {
  const TemporaryDirectory directory;
  const SqliteOptions options = In(directory);
  {
    auto writer = SqliteDatabase::Open(options.path, SqliteRole::kWriter);
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->Execute("CREATE TABLE rows (x); INSERT INTO rows VALUES (1)"));
    ASSERT_GT(WalSize(options), 0u);
    // Left behind as by a killed process, so that the reader is alone with it.
    std::filesystem::copy_file(options.path, options.path + ".copy");
    std::filesystem::copy_file(options.path + "-wal", options.path + ".copy-wal");
  }
  SqliteOptions copy = options;
  copy.path += ".copy";
  const auto before = WalSize(copy);
  {
    auto reader = SqliteDatabase::Open(copy.path, SqliteRole::kReader);
    ASSERT_TRUE(reader);
    EXPECT_EQ((*reader)->Integer("SELECT x FROM rows"), 1);
    EXPECT_FALSE((*reader)->Execute("INSERT INTO rows VALUES (2)"));
  }
  EXPECT_EQ(WalSize(copy), before);
}

TEST(SqliteStore, TheLogIsKeptShortWhileWorkingAndIsEmptyAfterClose) {
  const TemporaryDirectory directory;
  SqliteOptions options = In(directory);
  options.checkpoint_pages = 50;
  const auto store = Open(options);
  contract::Samples samples;
  for (int i = 0; i < 400; ++i) {
    ASSERT_TRUE(Insert(*store, samples.FullPayment()));
    ASSERT_TRUE(
        contract::Find(*store, [](app::Transaction& tx) { return tx.CountOutbox(); }).pending == 0);
  }
  EXPECT_LT(WalSize(options), 8u * 50u * 8400u) << "400 commits wrote some 3000 pages";
  store->Close();
  EXPECT_EQ(WalSize(options), 0u);
}

TEST(SqliteStore, AnUnavailableDatabaseIsSaidAndGetsWellAgain) {
  const TemporaryDirectory directory;
  const auto store = Open(In(directory));
  contract::Samples samples;
  ASSERT_TRUE(Insert(*store, samples.NewPayment()));
  struct rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit full{WalSize(In(directory)), old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  domain::Session big = samples.NewPayment();
  big.merchant.name = std::string(100000, 'x');
  const base::Status failed = Insert(*store, big);
  const base::Status unhealthy = store->CheckHealth();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_action);
  ASSERT_TRUE(contract::FailsWith(failed, base::ErrorCode::kUnavailable));
  EXPECT_EQ(failed.error().retry_after, std::chrono::seconds(1));
  EXPECT_TRUE(contract::FailsWith(unhealthy, base::ErrorCode::kUnavailable));
  EXPECT_TRUE(store->CheckHealth());
  EXPECT_TRUE(Insert(*store, big));
}

// The sweep asks every second, whatever the bridge keeps waiting.
TEST(SqliteStore, APurgeLooksAtFewOfTheSessionsThatWaitAndGoesOnAtTheNext) {
  const TemporaryDirectory directory;
  const auto store = Open(In(directory));
  contract::Samples samples;
  constexpr std::size_t kLimit = 2;
  for (std::size_t i = 0; i < kLimit * PurgeWalk::kLookedAtPerPurged; ++i) {
    const domain::Session waits = samples.Ended(samples.NewPayment());
    ASSERT_TRUE(Insert(*store, waits));
    ASSERT_TRUE(contract::Write(
        *store, [&](app::Transaction& tx) { return tx.InsertEvent(samples.NewEvent(waits.id)); }));
  }
  domain::Session over = samples.Ended(samples.NewPayment());
  over.ended_at = *over.ended_at + base::Millis(1);
  ASSERT_TRUE(Insert(*store, over));
  const base::Timestamp later = samples.Now() + std::chrono::hours(1);
  const auto purged = [&] {
    std::size_t rows = 0;
    EXPECT_TRUE(contract::Write(*store, [&](app::Transaction& tx) -> base::Status {
      const auto gone = tx.Purge(later, later, kLimit);
      if (!gone) return std::unexpected(gone.error());
      rows = *gone;
      return {};
    }));
    return rows;
  };
  EXPECT_EQ(purged(), 0U);
  EXPECT_EQ(purged(), 1U);
}

TEST(SqliteStore, AHealthCheckThatWaitsTooLongFails) {
  const TemporaryDirectory directory;
  SqliteOptions options = In(directory);
  options.health_timeout = std::chrono::milliseconds(20);
  const auto store = Open(options);
  EXPECT_TRUE(store->CheckHealth());
  contract::Blockade blockade(*store);
  EXPECT_TRUE(contract::FailsWith(store->CheckHealth(), base::ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace obolus::storage
