#include "vault/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest() {
    std::string name = (fs::temp_directory_path() / "key_file_test.XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = (folder_ / "obolus.keys").string();
  }
  ~KeyFileTest() override { fs::remove_all(folder_); }

  ErrorCode ReadError() const {
    const auto bytes = ReadKeyFile(path_);
    EXPECT_FALSE(bytes);
    return bytes ? ErrorCode::kInternal : bytes.error().code;
  }
  std::ptrdiff_t FileCount() const {
    return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
  }

  fs::path folder_;
  std::string path_;
};

TEST_F(KeyFileTest, ComesBackAsItWasWritten) {
  for (const std::string& text : {std::string("keys"), std::string(100000, 'k'), std::string()}) {
    ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes(text)));
    const auto bytes = ReadKeyFile(path_);
    ASSERT_TRUE(bytes) << bytes.error().message;
    EXPECT_EQ(bytes->text(), text);
    fs::remove(path_);
  }
}

TEST_F(KeyFileTest, IsForItsOwnerOnlyWhateverTheUmask) {
  const mode_t before = umask(0);
  ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes("keys")));
  umask(before);
  struct stat file{};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600U);
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(KeyFileTest, IsNeverReplaced) {
  ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes("first")));
  const auto again = CreateKeyFile(path_, base::AsBytes("second"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(ReadKeyFile(path_)->text(), "first");
  EXPECT_EQ(FileCount(), 1);
}

TEST_F(KeyFileTest, SaysThatItIsNotThere) {
  EXPECT_EQ(ReadError(), ErrorCode::kNotFound);
}

TEST_F(KeyFileTest, IsNoFolder) {
  fs::create_directory(path_);
  EXPECT_EQ(ReadError(), ErrorCode::kForbidden);
}

TEST_F(KeyFileTest, IsNoFifoAndReadingDoesNotWaitForOne) {
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(ReadError(), ErrorCode::kForbidden);
}

TEST_F(KeyFileTest, IsAtMostOneMebibyte) {
  ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes(std::string(1024 * 1024, ' '))));
  EXPECT_TRUE(ReadKeyFile(path_));
  fs::remove(path_);
  ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes(std::string(1024 * 1024 + 1, ' '))));
  EXPECT_EQ(ReadError(), ErrorCode::kTooLarge);
}

TEST_F(KeyFileTest, IsRefusedWhenOthersMayReadOrWriteIt) {
  ASSERT_TRUE(CreateKeyFile(path_, base::AsBytes("keys")));
  for (const mode_t mode : {0640, 0620, 0604, 0602, 0666}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_EQ(ReadError(), ErrorCode::kForbidden) << mode;
  }
}

}  // namespace
}  // namespace obolus::vault
