#include "main/keys.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/memory_store.h"

namespace obolus::main {
namespace {

namespace fs = std::filesystem;

class Keys : public testing::Test {
 protected:
  Keys() {
    std::string name = (fs::temp_directory_path() / "keys_test.XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Keys() override { fs::remove_all(folder_); }

  std::string File(const char* name) const { return folder_ / name; }
  base::Result<vault::KeyRing> Open(const std::string& file, app::Store& store) const {
    return OpenKeys({.file = file, .database = "payments"}, store, clock_);
  }
  void ExpectRefused(const std::string& file, app::Store& store) const {
    const auto refused = Open(file, store);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::kConflict);
    for (const std::string& part : {file, std::string("payments"), std::string("vault.key_file")}) {
      EXPECT_NE(refused.error().message.find(part), std::string::npos) << refused.error().message;
    }
  }

  base::SystemClock clock_;
  fs::path folder_;
  storage::MemoryStore store_;
};

TEST_F(Keys, AreMadeOnceAndFoundAgainByEveryReplica) {
  const auto first = Open(File("keys"), store_);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = Open(File("keys"), store_);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->CurrentKeyEncryptionKey().id, second->CurrentKeyEncryptionKey().id);
}

TEST_F(Keys, OfAnotherDatabaseAreRefused) {
  storage::MemoryStore other;
  ASSERT_TRUE(Open(File("ours"), store_));
  ASSERT_TRUE(Open(File("theirs"), other));
  ExpectRefused(File("theirs"), store_);
  ExpectRefused(File("ours"), other);
  EXPECT_TRUE(Open(File("ours"), store_));
}

TEST_F(Keys, AreNotMadeForADatabaseThatKnowsOthers) {
  ASSERT_TRUE(Open(File("ours"), store_));
  ExpectRefused(File("none"), store_);
  EXPECT_FALSE(fs::exists(File("none")));
}

TEST_F(Keys, ThatExistBeforeTheDatabaseBelongToItFromThenOn) {
  storage::MemoryStore before;
  ASSERT_TRUE(Open(File("ours"), before));
  ASSERT_TRUE(Open(File("ours"), store_));
  ExpectRefused(File("none"), store_);
}

TEST_F(Keys, OfAStoreThatDoesNotAnswerAreNotMade) {
  store_.Close();
  const auto keys = Open(File("keys"), store_);
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, base::ErrorCode::kUnavailable);
  EXPECT_FALSE(fs::exists(File("keys")));
}

}  // namespace
}  // namespace obolus::main
