#include "net/certificate_facts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "net/dev_certificates.h"
#include "net/key_permissions.h"
#include "net/test_folder.h"

namespace obolus::net {
namespace {

class CertificateFactsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(MakeDevCertificates(folder_.path())); }
  std::string File(const std::string& name) const { return folder_.path() / name; }
  void Join(const std::string& name, const std::vector<std::string>& parts) const {
    std::ofstream out(File(name));
    for (const std::string& part : parts) out << std::ifstream(File(part)).rdbuf();
  }

 private:
  TestFolder folder_;
};

TEST_F(CertificateFactsTest, EveryCertificateOfAFileIsReadInItsOrder) {
  Join("chain.pem", {"obolus-server.pem", "ca.pem"});
  const auto facts = ReadCertificates(File("chain.pem"));
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->size(), 2U);
  EXPECT_EQ(facts->front().subject, "CN=localhost");
  const auto valid = facts->front().not_after - facts->front().not_before;
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::days>(valid).count(), 92);
}

TEST_F(CertificateFactsTest, WhatIsNoCertificateOrListIsAnError) {
  EXPECT_EQ(ReadCertificates(File("obolus-server.key")).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(ReadCertificates(File("nowhere")).error().code, base::ErrorCode::kInvalid);
  EXPECT_EQ(ReadRevocationLists(File("ca.pem")).error().code, base::ErrorCode::kInvalid);
}

TEST_F(CertificateFactsTest, AChainMustNameItsHostAndHangTogether) {
  using Faults = std::vector<std::string>;
  Join("chain.pem", {"obolus-server.pem", "ca.pem"});
  EXPECT_EQ(FindChainFaults(File("chain.pem"), "localhost"), Faults{});
  EXPECT_EQ(FindChainFaults(File("chain.pem"), "127.0.0.1"), Faults{});
  EXPECT_EQ(FindChainFaults(File("chain.pem"), "pay.example"), Faults{"does not name pay.example"});
  Join("broken.pem", {"obolus-server.pem", "other-ca.pem"});
  EXPECT_EQ(FindChainFaults(File("broken.pem"), ""),
            Faults{"certificate 1 was not issued by the one that follows it"});
  EXPECT_EQ(FindChainFaults(File("commerce-client.pem"), ""), Faults{"is not for servers"});
}

TEST_F(CertificateFactsTest, AKeyFitsOneCertificate) {
  EXPECT_TRUE(CheckKeyFits(File("obolus-server.pem"), File("obolus-server.key")));
  EXPECT_FALSE(CheckKeyFits(File("obolus-server.pem"), File("bridge-server.key")));
}

TEST_F(CertificateFactsTest, AKeyIsForItsOwnerAndPerhapsItsGroup) {
  const std::string key = File("obolus-server.key");
  const auto with = [&key](mode_t mode) {
    chmod(key.c_str(), mode);
    return CheckKeyPermissions(key).has_value();
  };
  EXPECT_TRUE(with(0400));
  EXPECT_FALSE(IsReadableByGroup(key));
  EXPECT_TRUE(with(0640));
  EXPECT_TRUE(IsReadableByGroup(key));
  EXPECT_FALSE(with(0660));
  EXPECT_FALSE(with(0644));
  EXPECT_FALSE(with(0602));
  EXPECT_EQ(CheckKeyPermissions(File("nowhere")).error().code, base::ErrorCode::kInvalid);
}

}  // namespace
}  // namespace obolus::net
