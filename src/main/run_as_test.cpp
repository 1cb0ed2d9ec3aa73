#include "main/run_as.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "net/test_folder.h"

namespace obolus::main {
namespace {

TEST(RunAs, NobodyIsToBecomeWhenNobodyIsNamed) {
  EXPECT_FALSE(FindAccount("").value());
}

TEST(RunAs, AUserThatIsNotThereIsSaidByName) {
  const auto found = FindAccount("nobody-of-that-name");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, base::ErrorCode::kInvalid);
  EXPECT_NE(found.error().message.find("nobody-of-that-name"), std::string::npos);
}

TEST(RunAs, RootIsNoUserToBecome) {
  ASSERT_FALSE(FindAccount("root"));
  EXPECT_EQ(FindAccount("root").error().message, "must not be root");
}

// As root the files change hands; as anybody else, who cannot give files away, it is said so.
TEST(RunAs, HandsOverTheFolderAndTheFilesInItButNoLinks) {
  const net::TestFolder folder;
  const auto data = folder.path() / "data";
  std::filesystem::create_directory(data);
  std::ofstream(data / "obolus.db") << "x";
  std::ofstream(folder.path() / "root.txt") << "x";
  std::filesystem::create_hard_link(folder.path() / "root.txt", data / "hard");
  std::filesystem::create_symlink(folder.path() / "root.txt", data / "soft");
  const Account account{"nobody", 65'534, 65'534};
  const auto given = HandOver(data, account);
  if (geteuid() != 0) {
    ASSERT_FALSE(given);
    EXPECT_EQ(given.error().code, base::ErrorCode::kUnavailable);
    return;
  }
  ASSERT_TRUE(given) << given.error().message;
  const auto owner = [](const std::filesystem::path& path) {
    struct stat info{};
    EXPECT_EQ(lstat(path.c_str(), &info), 0);
    return info.st_uid;
  };
  EXPECT_EQ(owner(data), account.user);
  EXPECT_EQ(owner(data / "obolus.db"), account.user);
  EXPECT_EQ(owner(folder.path() / "root.txt"), 0U);
  EXPECT_EQ(owner(data / "soft"), 0U);
}

TEST(RunAs, AFolderThatIsNotThereCannotBeHandedOver) {
  EXPECT_EQ(HandOver("/nowhere/data", {"nobody", 65'534, 65'534}).error().code,
            base::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace obolus::main
