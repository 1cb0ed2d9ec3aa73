#include "cli/api_key.h"

#include <gtest/gtest.h>

#include <set>

#include "base/crypto.h"
#include "base/encoding.h"

namespace obolus::cli {
namespace {

TEST(CreateApiKey, MakesAPrefixAnd256RandomBits) {
  const ApiKey made = CreateApiKey();
  ASSERT_EQ(made.key.size(), 47U);
  EXPECT_EQ(made.key.substr(0, 4), "obk_");
  const auto random = base::DecodeBase64Url(made.key.substr(4));
  ASSERT_TRUE(random);
  EXPECT_EQ(random->size(), 32U);
}

TEST(CreateApiKey, GivesTheDigestOfTheWholeKey) {
  const ApiKey made = CreateApiKey();
  EXPECT_EQ(made.digest, base::EncodeHex(base::Sha256(base::AsBytes(made.key))));
  EXPECT_EQ(made.digest.size(), 64U);
}

TEST(CreateApiKey, NeverRepeats) {
  std::set<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.insert(CreateApiKey().key);
  EXPECT_EQ(keys.size(), 100U);
}

}  // namespace
}  // namespace obolus::cli
