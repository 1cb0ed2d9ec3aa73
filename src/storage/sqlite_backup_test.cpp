#include "storage/sqlite_backup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "contract/store_contract.h"
#include "storage/sqlite_store.h"

namespace obolus::storage {
namespace {

using contract::TemporaryDirectory;

std::unique_ptr<SqliteStore> OpenAt(const std::string& path) {
  SqliteOptions options;
  options.path = path;
  auto store = SqliteStore::Open(options);
  EXPECT_TRUE(store);
  return store ? std::move(*store) : nullptr;
}

bool Insert(app::Store& store, const domain::Session& session) {
  return contract::Write(store, [&](app::Transaction& tx) { return tx.InsertSession(session); })
      .has_value();
}

TEST(SqliteBackup, HoldsWhatWasAcknowledgedBeforeItWhileTheStoreGoesOn) {
  const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/copy.db";
  contract::Samples samples;
  std::vector<domain::Session> before;
  for (int i = 0; i < 100; ++i) before.push_back(samples.NewPayment());
  auto store = OpenAt(directory.path() + "/obolus.db");
  ASSERT_NE(store, nullptr);
  for (const auto& session : before) ASSERT_TRUE(Insert(*store, session));
  std::atomic<bool> copied = false;
  std::thread writer([&] {
    while (!copied) EXPECT_TRUE(Insert(*store, samples.NewPayment()));
  });
  const auto backup = BackUpSqlite(directory.path() + "/obolus.db", copy);
  copied = true;
  writer.join();
  ASSERT_TRUE(backup) << backup.error().message;
  EXPECT_GE(backup->sessions, 100);
  struct stat info{};
  ASSERT_EQ(stat(copy.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(info.st_size, backup->bytes);

  const auto restored = OpenAt(copy);
  ASSERT_NE(restored, nullptr);
  for (const auto& session : before) {
    EXPECT_EQ(
        contract::Find(*restored, [&](app::Transaction& tx) { return tx.FindSession(session.id); }),
        session);
  }
  EXPECT_TRUE(Insert(*restored, samples.NewPayment()));
}

TEST(SqliteBackup, DoesNotReplaceAFile) {
  const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/copy.db";
  ASSERT_NE(OpenAt(directory.path() + "/obolus.db"), nullptr);
  std::ofstream(copy) << "precious";
  const auto backup = BackUpSqlite(directory.path() + "/obolus.db", copy);
  ASSERT_FALSE(backup);
  EXPECT_EQ(backup.error().code, base::ErrorCode::kConflict);
  EXPECT_EQ(std::filesystem::file_size(copy), 8U);
}

TEST(SqliteBackup, LeavesNothingBehindWhenItFails) {
  const TemporaryDirectory directory;
  const std::string copy = directory.path() + "/copy.db";
  EXPECT_EQ(BackUpSqlite(directory.path() + "/none.db", copy).error().code,
            base::ErrorCode::kNotFound);
  std::ofstream(directory.path() + "/text.db") << std::string(8192, 'x');
  EXPECT_EQ(BackUpSqlite(directory.path() + "/text.db", copy).error().code,
            base::ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(copy));
}

}  // namespace
}  // namespace obolus::storage
