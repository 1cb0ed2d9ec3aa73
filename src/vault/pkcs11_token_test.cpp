// Against SoftHSM 2, a token in software with the interface of real ones (Debian: softhsm2).
#include "vault/pkcs11_token.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace obolus::vault {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;

constexpr const char* kModule = "/usr/lib/softhsm/libsofthsm2.so";
constexpr std::string_view kRing = "the text of a key ring";

class Pkcs11TokenTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = (fs::temp_directory_path() / "pkcs11_token_test.XXXXXX").string();
    folder_ = new fs::path(mkdtemp(name.data()));
    fs::create_directory(*folder_ / "tokens");
    std::ofstream(*folder_ / "softhsm2.conf")
        << "directories.tokendir = " << (*folder_ / "tokens").string()
        << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    setenv("SOFTHSM2_CONF", (*folder_ / "softhsm2.conf").c_str(), 1);
    for (const std::string label : {"first", "second"}) {
      const std::string command = "softhsm2-util --init-token --free --label " + label +
                                  " --pin 4711 --so-pin 4711 >/dev/null 2>&1";
      ASSERT_EQ(std::system(command.c_str()), 0) << "softhsm2 is not installed";
    }
  }
  static void TearDownTestSuite() {
    fs::remove_all(*folder_);
    delete folder_;
  }

  static Pkcs11Token::Options With(const std::string& pin, const std::string& token = "first") {
    const std::string file = (*folder_ / "pin").string();
    std::ofstream(file) << pin << "\n";
    chmod(file.c_str(), 0600);
    return {.module = kModule, .token = token, .pin_file = file};
  }
  static inline fs::path* folder_ = nullptr;
};

TEST_F(Pkcs11TokenTest, OpensAgainWhatItSealedBeforeARestart) {
  base::SecretBytes sealed;
  {
    const auto token = Pkcs11Token::Open(With("4711"));
    ASSERT_TRUE(token) << token.error().message;
    sealed = (*token)->Seal(base::AsBytes(kRing)).value();
    EXPECT_EQ(sealed.text().find(kRing), std::string_view::npos);
    EXPECT_NE((*token)->Seal(base::AsBytes(kRing))->text(), sealed.text());
  }
  const auto token = Pkcs11Token::Open(With("4711"));
  ASSERT_TRUE(token) << token.error().message;
  const auto opened = (*token)->Unseal(sealed.view());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->text(), kRing);
}

TEST_F(Pkcs11TokenTest, AChangedByteOrAnotherTokenOpensNothing) {
  base::SecretBytes sealed;
  {
    const auto token = Pkcs11Token::Open(With("4711"));
    ASSERT_TRUE(token);
    sealed = (*token)->Seal(base::AsBytes(kRing)).value();
    for (std::size_t i = 0; i < sealed.size(); ++i) {
      base::SecretBytes changed = sealed.Clone();
      changed.data()[i] ^= 1;
      EXPECT_FALSE((*token)->Unseal(changed.view())) << i;
    }
    EXPECT_EQ((*token)->Unseal(base::AsBytes("{}")).error().code, ErrorCode::kMalformed);
  }
  const auto other = Pkcs11Token::Open(With("4711", "second"));
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_FALSE((*other)->Unseal(sealed.view()));
}

TEST_F(Pkcs11TokenTest, SaysWhatIsWrong) {
  EXPECT_EQ(Pkcs11Token::Open(With("1234")).error().code, ErrorCode::kForbidden);
  EXPECT_EQ(Pkcs11Token::Open(With("4711", "none")).error().code, ErrorCode::kUnavailable);
  auto options = With("4711");
  options.module = "/nowhere.so";
  EXPECT_EQ(Pkcs11Token::Open(options).error().code, ErrorCode::kUnavailable);
  chmod(options.pin_file.c_str(), 0644);
  EXPECT_EQ(Pkcs11Token::Open(options).error().code, ErrorCode::kForbidden);
}

// A figure for docs/adr/0013: what each card would cost if the token wrapped its key.
TEST_F(Pkcs11TokenTest, IsMeasured) {
  const auto token = Pkcs11Token::Open(With("4711"));
  ASSERT_TRUE(token) << token.error().message;
  const std::string record_key(32, 'k');
  constexpr int kCalls = 500;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) {
    const auto sealed = (*token)->Seal(base::AsBytes(record_key));
    ASSERT_TRUE(sealed && (*token)->Unseal(sealed->view()));
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("pkcs11: %.0f wraps and unwraps a second, one session\n", kCalls / took.count());
}

}  // namespace
}  // namespace obolus::vault
