#include "net/dev_certificates.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "net/test_folder.h"

namespace obolus::net {
namespace {

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Whether a set was written; fails the test when it cannot be.
bool Writes(const std::filesystem::path& folder) {
  const auto made = MakeDevCertificates(folder);
  EXPECT_TRUE(made.has_value());
  return made.value_or(false);
}

constexpr const char* kNames[] = {
    "ca",          "obolus-server", "obolus-client",  "commerce-client", "bridge-server",
    "shop-server", "other-ca",      "stranger-client"};

TEST(DevCertificates, WritesEveryCertificateWithAPrivateKeyOnlyItsOwnerReads) {
  const TestFolder folder;
  const auto path = folder.path() / "deep" / "certs";
  ASSERT_TRUE(Writes(path));
  for (const std::string name : kNames) {
    EXPECT_TRUE(ReadText(path / (name + ".pem")).starts_with("-----BEGIN CERTIFICATE-----"))
        << name;
    EXPECT_TRUE(ReadText(path / (name + ".key")).starts_with("-----BEGIN PRIVATE KEY-----"))
        << name;
    struct stat status{};
    ASSERT_EQ(stat((path / (name + ".key")).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u) << name;
  }
  struct stat status{};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path), {}), 16);
}

TEST(DevCertificates, ACompleteSetIsLeftAlone) {
  const TestFolder folder;
  ASSERT_TRUE(MakeDevCertificates(folder.path()));
  const std::string before = ReadText(folder.path() / "obolus-server.pem");
  EXPECT_FALSE(Writes(folder.path()));
  EXPECT_EQ(ReadText(folder.path() / "obolus-server.pem"), before);
}

TEST(DevCertificates, AnIncompleteOrMixedSetIsMadeAnew) {
  const TestFolder folder;
  ASSERT_TRUE(MakeDevCertificates(folder.path()));
  std::filesystem::remove(folder.path() / "shop-server.key");
  EXPECT_TRUE(Writes(folder.path()));
  std::filesystem::copy_file(folder.path() / "obolus-server.key", folder.path() / "shop-server.key",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(Writes(folder.path()));
  EXPECT_FALSE(Writes(folder.path()));
}

TEST(DevCertificates, AFolderThatCannotBeMadeIsUnavailable) {
  const TestFolder folder;
  std::ofstream(folder.path() / "file") << "not a folder";
  const auto made = MakeDevCertificates(folder.path() / "file" / "certs");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, base::ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace obolus::net
